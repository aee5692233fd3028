/** The links beneath the house's transports, as bare as they are. The peer, in another process or thread, echoes. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { type WebSocket, WebSocketServer } from 'ws'
import { Dealer } from 'zeromq'
import { openPort } from '../../transports/threads.ts'
import { type Pipe, pipeOver, startPeer } from './pipes.ts'

const echoMain = fileURLToPath(new URL('./raw-echo-main.js', import.meta.url))

export async function zeromqPipe(): Promise<Pipe> {
  const dealer = new Dealer({ sendHighWaterMark: 0, sendTimeout: 0 })
  await dealer.bind('tcp://127.0.0.1:*')
  startPeer(echoMain, 'zeromq', dealer.lastEndpoint as string)
  const pipe: Pipe = { send: (bytes) => void dealer.send(bytes), onMessage: () => {}, close: () => dealer.close() }
  await dealer.receive()
  void (async () => {
    for await (const _ of dealer) pipe.onMessage()
  })()
  return pipe
}

export async function websocketPipe(): Promise<Pipe> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  startPeer(echoMain, 'websocket', `ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [socket] = (await once(server, 'connection')) as [WebSocket]
  const close = () => {
    socket.close()
    server.close()
  }
  const pipe: Pipe = { send: (bytes) => socket.send(bytes), onMessage: () => {}, close }
  socket.on('message', () => pipe.onMessage())
  return pipe
}

export function portPipe(): Pipe {
  const { port1, port2 } = new MessageChannel()
  startThread(port2, true)
  const pipe: Pipe = { send: (bytes) => port1.postMessage(bytes), onMessage: () => {}, close: () => port1.close() }
  port1.on('message', () => pipe.onMessage())
  return pipe
}

export function threadPipe(): Pipe {
  const { port1, port2 } = new MessageChannel()
  startThread(port2, false)
  return pipeOver(openPort(port1))
}

function startThread(port: MessagePort, isRaw: boolean): void {
  const main = new URL('./echo-thread-main.js', import.meta.url)
  new Worker(main, { workerData: { port, isRaw }, transferList: [port] }).unref()
}
