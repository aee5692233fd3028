import { type Capacity, entryBytes } from '../core/capacity.ts'
import type { TaskId } from '../core/ids.ts'
import type { Reply } from '../core/messages.ts'
import type { Printed } from './printed.ts'

/** How a task ended, and what it printed. */
export class Owed {
  readonly reply: Reply
  readonly printed: Printed | undefined

  constructor(reply: Reply, printed: Printed | undefined) {
    this.reply = reply
    this.printed = printed
  }
}

/** What waits: a reply, one with what is to be told before it, or the name of a task whose record has all that. */
type Entry = Reply | Owed | TaskId

type Open = (reply: Reply | TaskId, printed: Printed | undefined) => Reply

/** What a name takes, about. */
const nameBytes = 64
/** Of one UTF-16 unit, and of a detail of a fault, or of each entry of a list, beside its text. */
const utf8BytesMax = 3
const detailBytes = 16
/** What has been taken is forgotten when it is this much, and more than what waits. */
const compactFrom = 10_000

/** The replies that wait for a client's link, in order. */
export class OwedReplies {
  readonly #capacity: Capacity
  #entries: Entry[] = []
  #head = 0
  /** Those before this place are replies, ready to be sent. */
  #opened = 0
  /** Those before this place stay as they are until they are opened. */
  #settled = 0
  #bytes = 0

  constructor(capacity: Capacity) {
    this.#capacity = capacity
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  /** What they take, but for those that are about to be sent. */
  get bytes(): number {
    return this.#bytes
  }

  add(reply: Reply, printed: Printed | undefined): void {
    const entry = printed === undefined ? reply : new Owed(reply, printed)
    this.#entries.push(entry)
    this.#bytes += bytesOf(entry)
  }

  /**
   * As many replies as suit one message; they stay here until they are `taken`. `open` makes of each what is sent, once, and sees that what it
   * printed goes before.
   */
  next(open: Open): Reply[] {
    const { bytesMax, batchBytesMax } = this.#capacity
    const batch: Reply[] = []
    let bytes = 0
    for (let i = this.#head; i < this.#entries.length; i += 1) {
      const reply = i < this.#opened ? (this.#entries[i] as Reply) : this.#open(i, open)
      const more = payloadBytesOf(reply) + faultBytesOf(reply)
      if (batch.length > 0 && (bytes >= batchBytesMax || bytes + more + entryBytes * (batch.length + 1) > bytesMax))
        break
      batch.push(reply)
      bytes += more
    }
    return batch
  }

  /** The first replies have been sent. */
  taken(replies: readonly Reply[]): void {
    this.#head += replies.length
    if (this.isEmpty) {
      this.#entries = []
      this.#head = 0
      this.#opened = 0
      this.#settled = 0
      this.#bytes = 0
    } else if (this.#head > compactFrom && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#opened -= this.#head
      this.#settled = Math.max(0, this.#settled - this.#head)
      this.#head = 0
    }
  }

  /** Of what has been added since it was last called, the last results go back to their records, until no more than this waits. */
  shrink(bytesMax: number, forget: (id: TaskId) => void): void {
    const first = Math.max(this.#opened, this.#settled)
    for (let i = this.#entries.length - 1; i >= first && this.#bytes > bytesMax; i -= 1) {
      const entry = this.#entries[i] as Reply | Owed
      const { id, output } = entry instanceof Owed ? entry.reply : entry
      // What has no result takes hardly more than its name, and may have no record.
      if (output === undefined) continue
      this.#entries[i] = id
      this.#bytes += nameBytes - bytesOf(entry)
      forget(id)
    }
    this.#settled = this.#entries.length
  }

  #open(i: number, open: Open): Reply {
    const entry = this.#entries[i] as Entry
    this.#bytes -= bytesOf(entry)
    const reply = entry instanceof Owed ? open(entry.reply, entry.printed) : open(entry, undefined)
    this.#entries[i] = reply
    this.#opened = i + 1
    return reply
  }
}

function bytesOf(entry: Entry): number {
  if (typeof entry === 'string') return nameBytes
  if (entry instanceof Owed) return bytesOf(entry.reply) + (entry.printed?.bytes ?? 0)
  return entryBytes + payloadBytesOf(entry) + faultBytesOf(entry)
}

function payloadBytesOf({ output, stream }: Reply): number {
  return (output?.byteLength ?? 0) + (stream?.last?.byteLength ?? 0)
}

/** Of what a fault says and names: about, and rather more. */
function faultBytesOf({ fault }: Reply): number {
  if (fault === undefined) return 0
  let bytes = fault.message.length * utf8BytesMax
  for (const key in fault.details) {
    const detail = fault.details[key]
    const units = typeof detail === 'string' ? detail.length : 0
    const entries = Array.isArray(detail) ? detail.length : 1
    bytes += (key.length + units) * utf8BytesMax + entries * detailBytes
  }
  return bytes
}
