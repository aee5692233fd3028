import { type Capacity, entryBytes, unfit } from '../../core/capacity.ts'
import { StreamedError } from '../../core/errors.ts'
import { decodeValue, encodeValue, Payload } from '../../core/payload.ts'
import type { Pull, StreamEnd } from '../../core/stream-messages.ts'
import { everything, wholeBytesMax, windowBytes, windowParts } from '../../core/stream-window.ts'
import { isShared } from '../../core/value-kinds.ts'
import type { Encode } from './thrown.ts'

/** After this long the executor's other messages get a turn of the event loop. */
const turnAfterMs = 10
/** What is said at once takes little more than this. */
const saidBytesMax = 262_144

export interface StreamHost {
  /** It was ended otherwise, or shall end. */
  readonly isOver: boolean
  say(from: number, values: Payload[]): void
  readonly encode: Encode
}

/**
 * Runs a generator as far as its reader lets it, and sends what it yields: at the end of each turn of the event loop, so
 * that what is quick travels together. What the reader has not confirmed is kept, and what all is as long as it is little.
 */
export class PartStream {
  readonly #host: StreamHost
  /** From number `#first` on; all, as long as it is `#isWhole`. */
  #kept: Payload[] = []
  #first = 0
  #isWhole = true
  #wholeBytes = 0
  #sent = 0
  #heard = 0
  #upTo = windowParts
  /** Sizes of the parts from `#upTo - windowParts` on: those that are not read yet, as far as is known here. */
  #unreadSizes: number[] = []
  #unreadBytes = 0
  #wake: (() => void) | undefined
  #isFlushScheduled = false

  constructor(host: StreamHost) {
    this.#host = host
  }

  /** Resolves when the generator has ended. Rejects with what it throws; where the task is over, leaves it. */
  async run(generator: AsyncGenerator | Generator): Promise<void> {
    let turnAt = performance.now()
    for await (const value of generator) {
      this.#add(value)
      if (!this.#hasRoom || performance.now() - turnAt > turnAfterMs) {
        await this.#turn()
        turnAt = performance.now()
      }
      if (this.#host.isOver) throw new Error('the task is over')
    }
  }

  pull({ heard, upTo, again }: Omit<Pull, 'id'>): void {
    if (upTo > this.#upTo) this.#unread(upTo)
    if (heard > this.#heard) this.#heard = heard
    if (again) this.#sent = this.#heard
    this.#letGo()
    this.#flush()
    this.wake()
  }

  /** Looks again whether it may go on, or shall end. */
  wake(): void {
    this.#wake?.()
  }

  /** What is known of it now that it has ended, with all that its reader may lack: if, `beside` the output, that fits. */
  end(beside: readonly Payload[], capacity: Capacity): StreamEnd {
    const parts = this.#next
    const last = this.#kept.length > 0 ? encodeValue(this.#kept.map((part) => decodeValue(part))) : undefined
    const fits = last === undefined || unfit(capacity, 'parts', last, ...beside) === undefined
    if (!fits) this.#flush()
    this.#kept = []
    this.wake()
    return last && fits ? { parts, last } : { parts }
  }

  get #next(): number {
    return this.#first + this.#kept.length
  }

  get #hasRoom(): boolean {
    return this.#next < this.#upTo && this.#unreadBytes < windowBytes
  }

  #add(value: unknown): void {
    const part = snapshot(this.#host.encode(value))
    const bytes = part.byteLength
    const index = this.#next
    this.#kept.push(part)
    if (index >= this.#upTo - windowParts) {
      this.#unreadSizes.push(bytes)
      this.#unreadBytes += bytes
    }
    this.#wholeBytes += bytes + entryBytes
    if (this.#wholeBytes > wholeBytesMax) {
      if (this.#heard === everything) {
        throw new StreamedError('nobody reads what the generator yields, and it has become too much to be kept')
      }
      this.#isWhole = false
    }
    this.#letGo()
    this.#flushSoon()
  }

  /** The reader goes on: parts that it has read take no room any more. */
  #unread(upTo: number): void {
    const read = this.#unreadSizes.splice(0, upTo - this.#upTo)
    for (const bytes of read) this.#unreadBytes -= bytes
    this.#upTo = upTo
  }

  #letGo(): void {
    if (this.#isWhole || this.#heard <= this.#first) return
    const count = Math.min(this.#heard - this.#first, this.#kept.length)
    this.#kept.splice(0, count)
    this.#first += count
  }

  async #turn(): Promise<void> {
    this.#flush()
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#hasRoom && !this.#host.isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  #flushSoon(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    setImmediate(() => {
      this.#isFlushScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    this.#sent = Math.max(this.#sent, this.#heard)
    let values: Payload[] = []
    let bytes = 0
    while (this.#sent < this.#next) {
      const part = this.#kept[this.#sent - this.#first] as Payload
      values.push(part)
      bytes += part.byteLength
      this.#sent += 1
      if (bytes < saidBytesMax && this.#sent < this.#next) continue
      this.#host.say(this.#sent - values.length, values)
      values = []
      bytes = 0
    }
  }
}

/** To be read again and again, while the generator may go on writing to the buffers that it has yielded. */
function snapshot(part: Payload): Payload {
  if (!part.isBorrowed) return part.lent
  const frames = part.frames.map((frame, i) => (i === 0 || isShared(frame.buffer) ? frame : frame.slice()))
  return new Payload(frames, 'borrowed')
}
