/** A real NATS server on loopback, on a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const program = (process.env.PATH ?? '')
  .split(':')
  .concat('/usr/sbin', '/usr/local/sbin')
  .map((folder) => join(folder, 'nats-server'))
  .find(existsSync)

/** Why there can be none here, if so. */
export const withoutNats =
  program === undefined ? 'no nats-server is installed (Debian: apt install nats-server)' : undefined

/** One that does not listen by then has failed. */
const startWithinMs = 20_000

export class NatsServer implements AsyncDisposable {
  readonly port: number
  readonly #process: ChildProcess

  private constructor(port: number, process: ChildProcess) {
    this.port = port
    this.#process = process
  }

  /** Listens when it resolves. Without a port it takes a free one. */
  static async start(port = -1, flags: readonly string[] = []): Promise<NatsServer> {
    const child = spawn(program as string, ['-a', '127.0.0.1', '-p', String(port), ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      return new NatsServer(await portOf(child), child)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  address(name: string): string {
    return `nats://127.0.0.1:${this.port}/${name}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

function portOf(child: ChildProcess): Promise<number> {
  const said: string[] = []
  return new Promise((resolve, reject) => {
    const fail = (how: string) => reject(new Error(`nats-server ${how}:\n${said.join('\n')}`))
    const timer = setTimeout(() => fail(`did not listen within ${startWithinMs} ms`), startWithinMs)
    child.once('error', reject)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (said.length < 100) said.push(line)
      const [, port] = /Listening for client connections on [\d.]+:(\d+)/.exec(line) ?? []
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    })
  })
}
