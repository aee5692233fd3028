/** A controller with process engines, in a process of its own, as a client on another machine has it. */
import { fileURLToPath } from 'node:url'
import { startLineProcess } from './line-process.ts'

export interface RemoteController {
  readonly address: string
  readonly key: Uint8Array
  stop(): Promise<void>
}

export interface ControllerReady {
  readonly address: string
  /** Hexadecimal. */
  readonly key: string
}

export async function startController(engines: number, transport: 'zeromq' | 'websocket'): Promise<RemoteController> {
  const program = fileURLToPath(new URL('./controller-main.js', import.meta.url))
  const child = await startLineProcess(process.execPath, [...process.execArgv, program, String(engines), transport])
  const { address, key } = child.ready as ControllerReady
  return { address, key: Buffer.from(key, 'hex'), stop: child.close }
}
