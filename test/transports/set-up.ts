import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('./echo-main.ts', import.meta.url))
const patienceMs = 5_000

/** Another process that echoes; killed as the kernel kills. */
export async function startEcho(address: string): Promise<{ kill(): void }> {
  const child = spawn(process.execPath, ['--import', 'tsx', main, address], { stdio: ['ignore', 'inherit', 'inherit'] })
  await once(child, 'spawn')
  return { kill: () => void child.kill('SIGKILL') }
}

/** Bytes that are no protocol, over TCP or a socket's path; resolves when the other side has hung up, or has not cared for long. */
export async function sendNonsense(address: string): Promise<void> {
  const target = address.startsWith('ipc://')
    ? connect(address.slice('ipc://'.length))
    : connect(Number(new URL(address).port), '127.0.0.1')
  target.on('error', () => {})
  await once(target, 'connect')
  target.end(Buffer.from('\x05 nonsense \xff\xff\xff\xff'.repeat(100), 'latin1'))
  target.resume()
  // A reset is a way to hang up, too.
  await once(target, 'close', { signal: AbortSignal.timeout(patienceMs) }).catch(() => {})
  target.destroy()
}

/** Of the encrypted links. */
export const echoKey = new Uint8Array(32).fill(7)

let names = 0

export function freshName(): string {
  names += 1
  return `name${names}`
}
