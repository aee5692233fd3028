/**
 * Each transport against the raw link beneath it, in one run: `npm run bench -- transports`. The peer echoes, in another process
 * (memory and threads: in this thread, and another). 64-byte messages, 1,000 under way and one at a time; 10 MB messages, 4 under way.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker, workerData } from 'node:worker_threads'
import { WebSocket, WebSocketServer } from 'ws'
import { Dealer } from 'zeromq'
import { openPort } from '../transports/threads.ts'
import { echo, ourPipe, type Pipe, pipelined, pipeOver, roundTrips, startPeer } from './pipes.ts'

const self = fileURLToPath(import.meta.url)

const raw: Record<string, () => Promise<Pipe>> = {
  async 'ZeroMQ, raw'() {
    const dealer = new Dealer({ sendHighWaterMark: 0, sendTimeout: 0 })
    await dealer.bind('tcp://127.0.0.1:*')
    startPeer(self, 'zeromq', dealer.lastEndpoint as string)
    const pipe: Pipe = { send: (bytes) => void dealer.send(bytes), onMessage: () => {}, close: () => dealer.close() }
    await dealer.receive()
    void (async () => {
      for await (const _ of dealer) pipe.onMessage()
    })()
    return pipe
  },
  async 'WebSocket, raw'() {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    await once(server, 'listening')
    startPeer(self, 'websocket', `ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const [socket] = (await once(server, 'connection')) as [WebSocket]
    const close = () => {
      socket.close()
      server.close()
    }
    const pipe: Pipe = { send: (bytes) => socket.send(bytes), onMessage: () => {}, close }
    socket.on('message', () => pipe.onMessage())
    return pipe
  },
  async 'MessagePort, raw'() {
    const { port1, port2 } = new MessageChannel()
    startThread('port', port2)
    const pipe: Pipe = { send: (bytes) => port1.postMessage(bytes), onMessage: () => {}, close: () => port1.close() }
    port1.on('message', () => pipe.onMessage())
    return pipe
  },
}

const peers: Record<string, (address: string) => Promise<void> | void> = {
  async zeromq(address) {
    const dealer = new Dealer({ sendHighWaterMark: 0, sendTimeout: 0 })
    dealer.connect(address)
    await dealer.send('ready')
    // Orphaned, it would wait for ever.
    dealer.events.on('disconnect', () => process.exit())
    for await (const message of dealer) await dealer.send(message)
  },
  websocket(address) {
    const socket = new WebSocket(address, { perMessageDeflate: false })
    socket.on('message', (data) => socket.send(data as Buffer))
    socket.on('close', () => process.exit())
  },
}

function startThread(kind: string, port: MessagePort): void {
  const main = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${JSON.stringify(import.meta.url)}, ${JSON.stringify(import.meta.url)}))`
  new Worker(main, { eval: true, workerData: { kind, port }, transferList: [port] }).unref()
}

function ourThreads(): Pipe {
  const { port1, port2 } = new MessageChannel()
  startThread('ours', port2)
  return pipeOver(openPort(port1))
}

async function measure(name: string, open: () => Promise<Pipe> | Pipe): Promise<void> {
  const pipe = await open()
  const small = () => new Uint8Array(64)
  await pipelined(pipe, 20_000, 1_000, small)
  const rates: number[] = []
  for (let round = 0; round < 3; round += 1) rates.push(200_000 / (await pipelined(pipe, 200_000, 1_000, small)))
  const times = await roundTrips(pipe, 3_000)
  const large = new Uint8Array(10_000_000)
  const seconds = await pipelined(pipe, 40, 4, () => large)
  await pipe.close()
  const figure = (value: number, digits = 0) =>
    value.toLocaleString('en', { maximumFractionDigits: digits }).padStart(11)
  console.log(
    `${name.padEnd(20)}${figure(Math.max(...rates))}/s ${figure(times[1_500] ?? 0)} µs ${figure(times[2_970] ?? 0)} µs ${figure(0.4 / seconds, 2)} GB/s`,
  )
}

async function main(): Promise<void> {
  console.log(
    `${''.padEnd(20)}${'echoed'.padStart(13)} ${'p50'.padStart(14)} ${'p99'.padStart(14)} ${'each way'.padStart(16)}`,
  )
  await measure('memory', () => ourPipe('memory:benchmark'))
  await measure('MessagePort, raw', raw['MessagePort, raw'] as () => Promise<Pipe>)
  await measure('threads', ourThreads)
  await measure('WebSocket, raw', raw['WebSocket, raw'] as () => Promise<Pipe>)
  await measure('websocket', () => ourPipe('ws://127.0.0.1:0'))
  await measure('ZeroMQ, raw', raw['ZeroMQ, raw'] as () => Promise<Pipe>)
  await measure('zeromq', () => ourPipe('tcp://127.0.0.1:0'))
  process.exit()
}

const [, , kind, address] = process.argv
const thread = workerData as { kind: string; port: MessagePort } | null
if (thread?.kind === 'port') thread.port.on('message', (bytes) => thread.port.postMessage(bytes))
else if (thread?.kind === 'ours') echo(openPort(thread.port))
else if (kind !== undefined && address !== undefined) await peers[kind]?.(address)
else await main()
