import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, type LocalClusterOptions } from 'yardmaster'
import { killChildren, watched } from './children.ts'

const hostProgram = fileURLToPath(new URL('./programs/hosted-cluster.mjs', import.meta.url))
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const clients: Client[] = []

/** Ends all that was started here. */
export async function killAll(): Promise<void> {
  killChildren()
  await Promise.all(clients.splice(0).map((client) => client.close()))
}

export function start(program: string, args: readonly string[], execArgv: readonly string[] = []): ChildProcess {
  return watched(fork(program, args, { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
}

/** A cluster in a process of its own, and a client that uses it from here. */
export async function host(options: LocalClusterOptions) {
  const child = start(hostProgram, [JSON.stringify(options)], ['--expose-gc'])
  const [{ address, key }] = (await once(child, 'message')) as [{ address: string; key: string }]
  const client = await Client.connect(address, { key })
  clients.push(client)
  return {
    address,
    key,
    client,
    /** In a process of its own, too. */
    addEngine() {
      const env = { ...process.env, YARDMASTER_KEY: key }
      const args = [command, 'engine', '--quiet', '--address', address]
      watched(spawn(process.execPath, args, { env, stdio: 'ignore' }))
    },
    /** What the controller's process holds after a collection, in MiB, and what it has warned of. */
    async look(): Promise<{ held: number; warnings: string[] }> {
      child.send('look')
      const [answer] = await once(child, 'message')
      return answer
    },
  }
}
