import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'yardmaster'

export interface Memory {
  /** After a collection, in MiB. */
  readonly heap: number
  readonly external: number
  readonly connections: number
}

/** A start or an end that takes longer has failed. */
const withinMs = 30_000

/** A controller with an engine, in a process of its own, and a client that uses it. */
export class Target {
  readonly address: string
  readonly key: Uint8Array
  readonly #child: ChildProcess
  readonly #client: Client

  private constructor(child: ChildProcess, address: string, key: Uint8Array, client: Client) {
    this.#child = child
    this.address = address
    this.key = key
    this.#client = client
  }

  static async start(transport: 'websocket' | 'zeromq'): Promise<Target> {
    const program = fileURLToPath(new URL('target-main.mjs', import.meta.url))
    const child = fork(program, [transport], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    try {
      const soon = { signal: AbortSignal.timeout(withinMs) }
      const [{ address, key }] = (await once(child, 'message', soon)) as [{ address: string; key: string }]
      const client = await Client.connect(address, { key })
      return new Target(child, address, new Uint8Array(Buffer.from(key, 'base64url')), client)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** @throws where the controller is gone, or its client was disturbed */
  async goesOn(): Promise<void> {
    if (this.#client.status !== 'ready' || this.#child.exitCode !== null) throw new Error('the controller is gone')
    await this.#client.scale(1)
    await this.#client.waitForEngines(1)
    const results = await this.#client.directView(this.#client.ids[0] as number).map((x: number) => x * 2, [1, 2, 3])
    if (JSON.stringify(results) !== '[2,4,6]') throw new Error(`the results are ${JSON.stringify(results)}`)
  }

  async memory(): Promise<Memory> {
    this.#child.send('memory')
    const [memory] = (await once(this.#child, 'message')) as [Memory]
    return memory
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return this.#client.close()
    const ended = once(child, 'exit')
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
    await this.#client.close()
    // It may have ended meanwhile.
    child.send('stop', () => {})
    await ended
    clearTimeout(timer)
  }
}
