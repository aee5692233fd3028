/** What runs at the far ends: it connects as often as it is asked, and echoes. The same in a process and in a thread. */
import type { MessagePort } from 'node:worker_threads'
import { type Fault, faultFrom } from '../../core/errors.ts'
import type { Connection } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'
import { openPort } from '../../transports/threads.ts'
import { benchmarkKey } from './link.ts'
import { echoWebSockets } from './raw-websocket.ts'
import { allowManySockets, echoDealers } from './raw-zeromq.ts'

export type Request =
  | { readonly ask: 'connect'; readonly how: FarKind; readonly address: string; readonly connections: number }
  | { readonly ask: 'take'; readonly how: 'house' | 'raw'; readonly ports: readonly MessagePort[] }
  /** Loads the module that registers a transport. */
  | { readonly ask: 'load'; readonly url: string }
  /** Microseconds of processor time that the process has used. */
  | { readonly ask: 'cpu' }

/** Through a transport that the address names, or a bare socket. */
export type FarKind = 'house' | 'zeromq' | 'websocket'

export interface Asked {
  readonly id: number
  readonly request: Request
}

export type Answered = { readonly id: number; readonly value: number } | { readonly id: number; readonly fault: Fault }

export async function answer({ id, request }: Asked): Promise<Answered> {
  try {
    return { id, value: (await obey(request)) ?? 0 }
  } catch (error) {
    return { id, fault: faultFrom(error) }
  }
}

async function obey(request: Request): Promise<number | undefined> {
  switch (request.ask) {
    case 'connect':
      await connect(request.how, request.address, request.connections)
      return undefined
    case 'take':
      for (const port of request.ports) {
        if (request.how === 'house') echo(openPort(port))
        else port.on('message', (bytes) => port.postMessage(bytes))
      }
      return undefined
    case 'load':
      await import(request.url)
      return undefined
    case 'cpu':
      return cpuUs()
  }
}

async function connect(how: FarKind, address: string, connections: number): Promise<void> {
  if (/^(tcps?|ipc):/.test(address)) await allowManySockets()
  if (how === 'zeromq') return echoDealers(address, connections)
  if (how === 'websocket') return echoWebSockets(address, connections)
  const transport = await transportFor(address)
  for (let i = 0; i < connections; i += 1) echo(await transport.connect(address, { key: benchmarkKey }))
}

export function echo(connection: Connection): void {
  connection.open({ onMessage: (frames) => void connection.send(frames), onClose: () => {} })
}

export function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
