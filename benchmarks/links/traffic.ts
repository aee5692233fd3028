/** What is sent over links whose far ends echo, each for about a given time. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Pipe } from './link.ts'

export interface Duration {
  readonly ms: number
  /** As many there must be, even if that takes longer. */
  readonly least: number
}

const smallBytes = 64
/** A message that is late by more is a defect, and no figure. */
const drainLimitMs = 60_000

/**
 * One message after another, each when the one before has come back. How long each took is recorded in nanoseconds.
 * A wait is told as it is, but nothing is sent meanwhile, so that others who would have waited, too, are not counted: `atRate` does that.
 */
export function oneAtATime(pipe: Pipe, { ms, least }: Duration, latencies: RecordableHistogram): Promise<void> {
  const until = performance.now() + ms
  let trips = 0
  let sentAt = 0
  return new Promise((resolve) => {
    const send = () => {
      sentAt = performance.now()
      pipe.send(new Uint8Array(smallBytes))
    }
    pipe.onMessage = () => {
      const now = performance.now()
      record(latencies, now - sentAt)
      trips += 1
      if (trips < least || now < until) send()
      else resolve()
    }
    send()
  })
}

/**
 * Messages leave at even intervals, whether or not those before have come back. Each one's time runs from when it should have left: where the
 * link, or this program, holds one up, what it delays behind it is counted, too (no coordinated omission).
 */
export function atRate(
  pipe: Pipe,
  perSecond: number,
  { ms, least }: Duration,
  latencies: RecordableHistogram,
): Promise<void> {
  const count = Math.max(least, Math.round((ms / 1000) * perSecond))
  const intervalMs = 1000 / perSecond
  const begin = performance.now()
  let sent = 0
  let received = 0
  return new Promise((resolve, reject) => {
    pipe.onMessage = () => {
      record(latencies, performance.now() - (begin + received * intervalMs))
      received += 1
      if (received === count) resolve()
    }
    // Timers are too coarse: what is due is looked for in every turn.
    const turn = () => {
      const now = performance.now()
      for (; sent < count && begin + sent * intervalMs <= now; sent += 1) pipe.send(new Uint8Array(smallBytes))
      if (received === count) return
      if (now > begin + count * intervalMs + drainLimitMs) {
        reject(new Error(`${count - received} of ${count} messages did not come back within ${drainLimitMs} ms`))
      } else setImmediate(turn)
    }
    turn()
  })
}

export interface Flow {
  /** That went there and came back. */
  readonly messages: number
  readonly seconds: number
}

/** Keeps `window` messages under way on each pipe; what comes back is followed by another. */
export function flowing(
  pipes: readonly Pipe[],
  window: number,
  make: () => Uint8Array<ArrayBuffer>,
  { ms, least }: Duration,
): Promise<Flow> {
  const begin = performance.now()
  const until = begin + ms
  let sent = 0
  let received = 0
  return new Promise((resolve) => {
    const send = (pipe: Pipe) => {
      sent += 1
      pipe.send(make())
    }
    for (const pipe of pipes) {
      pipe.onMessage = () => {
        received += 1
        const now = performance.now()
        if (sent < least || now < until) send(pipe)
        else if (received === sent) resolve({ messages: received, seconds: (now - begin) / 1000 })
      }
    }
    for (let i = 0; i < window; i += 1) for (const pipe of pipes) send(pipe)
  })
}

/** `size` messages in one turn, and the next so many when all have come back. */
export function inBatches(pipe: Pipe, size: number, { ms, least }: Duration): Promise<Flow> {
  const begin = performance.now()
  const until = begin + ms
  let received = 0
  return new Promise((resolve) => {
    const send = () => {
      for (let i = 0; i < size; i += 1) pipe.send(new Uint8Array(smallBytes))
    }
    pipe.onMessage = () => {
      received += 1
      if (received % size !== 0) return
      const now = performance.now()
      if (received < least || now < until) send()
      else resolve({ messages: received, seconds: (now - begin) / 1000 })
    }
    send()
  })
}

function record(latencies: RecordableHistogram, ms: number): void {
  latencies.record(Math.max(1, Math.round(ms * 1e6)))
}

/** Nanoseconds up to a minute, to three digits. Node's own is HdrHistogram, which was made for latencies. */
export function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 })
}
