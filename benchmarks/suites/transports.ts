/** Each transport beside the raw link beneath it. The peer echoes, in another process (memory and threads: in this thread, and another). */
import { ourPipe, type Pipe, pipelined, roundTrips } from '../links/pipes.ts'
import { portPipe, threadPipe, websocketPipe, zeromqPipe } from '../links/raw-pipes.ts'
import { quantileOf } from '../statistics.ts'
import type { Figure, Measure, Sample, Size, Suite } from '../suite.ts'

interface Link {
  readonly subject: string
  readonly beneath?: string
  open(): Promise<Pipe> | Pipe
}

const links: readonly Link[] = [
  { subject: 'memory', open: () => ourPipe('memory:benchmark') },
  { subject: 'MessagePort, raw', open: portPipe },
  { subject: 'threads', beneath: 'MessagePort, raw', open: threadPipe },
  { subject: 'WebSocket, raw', open: websocketPipe },
  { subject: 'websocket', beneath: 'WebSocket, raw', open: () => ourPipe('ws://127.0.0.1:0') },
  { subject: 'ZeroMQ, raw', open: zeromqPipe },
  { subject: 'zeromq', beneath: 'ZeroMQ, raw', open: () => ourPipe('tcp://127.0.0.1:0') },
]

const sizesOf: Record<Size, { readonly trips: number; readonly small: number; readonly large: number }> = {
  least: { trips: 5, small: 50, large: 1 },
  quick: { trips: 50, small: 2_000, large: 2 },
  full: { trips: 1_000, small: 100_000, large: 20 },
}

export const transports: Suite = {
  async open({ size }) {
    const { trips, small, large } = sizesOf[size]
    const pipes = new Map<Link, Pipe>()
    const close = async () => {
      for (const pipe of pipes.values()) await pipe.close()
    }
    try {
      for (const link of links) pipes.set(link, await link.open())
    } catch (error) {
      await close()
      throw error
    }
    const bytes = new Uint8Array(10_000_000)
    const measure = (
      name: string,
      figures: Readonly<Record<string, Figure>>,
      take: (pipe: Pipe) => Promise<Sample>,
    ): Measure => ({
      name,
      figures,
      cases: links.map((link) => ({
        subject: link.subject,
        ...(link.beneath ? { reference: { subject: link.beneath } } : {}),
        take: () => take(pipes.get(link) as Pipe),
      })),
    })
    const us = { unit: 'µs', better: 'lower' } as const
    return {
      measures: [
        measure('64 B there and back', { p50: us, p99: us }, async (pipe) => {
          const times = await roundTrips(pipe, trips)
          return { p50: quantileOf(times, 0.5), p99: quantileOf(times, 0.99) }
        }),
        measure('64 B echoed, 1,000 under way', { rate: { unit: 'messages/s', better: 'higher' } }, async (pipe) => ({
          rate: small / (await pipelined(pipe, small, 1_000, () => new Uint8Array(64))),
        })),
        measure('10 MB echoed, 4 under way', { rate: { unit: 'GB/s each way', better: 'higher' } }, async (pipe) => ({
          rate: (large * 1e7) / 1e9 / (await pipelined(pipe, large, 4, () => bytes)),
        })),
      ],
      close,
    }
  },
}
