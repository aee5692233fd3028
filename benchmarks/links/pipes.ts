/** The least that can be measured of a link: bytes out, bytes back. The peer, in another process, echoes. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Connection } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'

export interface Pipe {
  send(bytes: Uint8Array<ArrayBuffer>): void
  onMessage: () => void
  close(): unknown
}

/** Encrypted links want one; nobody else ever holds it. */
export const benchmarkKey = new Uint8Array(32).fill(7)

export function echo(connection: Connection): void {
  connection.open({ onMessage: (frames) => void connection.send(frames), onClose: () => {} })
}

function startPeer(program: string, ...args: string[]): void {
  spawn(process.execPath, [program, ...args], { stdio: 'inherit' })
}

/** A link of one of the house's transports. The peer of one in memory is in this thread. */
export async function ourPipe(address: string): Promise<Pipe> {
  const transport = await transportFor(address)
  let accept: (connection: Connection) => void = () => {}
  const accepted = new Promise<Connection>((resolve) => {
    accept = resolve
  })
  const listener = await transport.listen(address, (connection) => accept(connection), { key: benchmarkKey })
  if (address.startsWith('memory:')) echo(await transport.connect(address))
  else startPeer(fileURLToPath(new URL('./echo-main.js', import.meta.url)), listener.address)
  const connection = await accepted
  connection.trust?.()
  return pipeOver(connection, () => listener.close())
}

function pipeOver(connection: Connection, after: () => unknown = () => {}): Pipe {
  const pipe: Pipe = {
    send: (bytes) => void connection.send([bytes]),
    onMessage: () => {},
    close: () => connection.close().then(after),
  }
  connection.open({ onMessage: () => pipe.onMessage(), onClose: () => {} })
  return pipe
}

/** Sends `count` messages with `window` of them under way; seconds for all. */
export function pipelined(
  pipe: Pipe,
  count: number,
  window: number,
  make: () => Uint8Array<ArrayBuffer>,
): Promise<number> {
  return new Promise((resolve) => {
    let sent = 0
    let received = 0
    const start = performance.now()
    const send = () => {
      sent += 1
      pipe.send(make())
    }
    pipe.onMessage = () => {
      received += 1
      if (sent < count) send()
      else if (received === count) resolve((performance.now() - start) / 1000)
    }
    for (let i = 0; i < Math.min(window, count); i += 1) send()
  })
}

/** Microseconds of each, sorted. */
export async function roundTrips(pipe: Pipe, count: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i += 1) {
    const start = performance.now()
    await new Promise<void>((resolve) => {
      pipe.onMessage = resolve
      pipe.send(new Uint8Array(64))
    })
    times.push((performance.now() - start) * 1000)
  }
  return times.sort((a, b) => a - b)
}
