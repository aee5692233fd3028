import { type Capacity, entryBytes, noLimit } from '../core/capacity.ts'
import { FunctionTable } from '../core/function-table.ts'
import type { Link } from '../core/link.ts'
import type { ClientToController, ControllerToClient, FunctionMessage, Submission } from '../core/messages.ts'
import { TaskRecord } from './task-record.ts'

export type ClientLink = Link<ClientToController, ControllerToClient>

/** One message carries at most this many tasks. */
const tasksMax = 1_000
/** What has been sent is forgotten when it is this much, and more than what waits. */
const compactFrom = 10_000

type Note = Exclude<ClientToController, { type: 'submit' }>

/**
 * What waits to be sent, in order. What one turn submits leaves together; a full message leaves at once, so that the
 * controller can begin while a long loop goes on. While the link is full or absent, everything waits here.
 */
export class Outbox {
  #queue: (TaskRecord | Note)[] = []
  #head = 0
  #bytes = 0
  #link: ClientLink | undefined
  #isFull = false
  #isScheduled = false
  #capacity: Capacity = noLimit
  readonly #functions = new FunctionTable<true>()

  get isEmpty(): boolean {
    return this.#head === this.#queue.length
  }

  /** A new link: the peer knows no function. What waited for the old link has been cleared. */
  attach(link: ClientLink, capacity: Capacity): void {
    this.#functions.clear()
    this.#link = link
    this.#capacity = capacity
    this.#isFull = false
    this.flush()
  }

  detach(): void {
    this.#link = undefined
  }

  clear(): void {
    this.#queue = []
    this.#head = 0
    this.#bytes = 0
  }

  add(entry: TaskRecord | Note): void {
    this.#queue.push(entry)
    if (this.#link === undefined || this.#isFull) return
    if (entry instanceof TaskRecord) {
      this.#bytes += entry.submission?.args.byteLength ?? 0
      if (this.#queue.length - this.#head >= tasksMax || this.#bytes >= this.#capacity.batchBytesMax)
        return this.flush()
    }
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(this.#flushScheduled)
  }

  drained(): void {
    this.#isFull = false
    this.flush()
  }

  flush(): void {
    this.#bytes = 0
    while (!this.isEmpty && this.#link !== undefined && !this.#isFull) {
      const message = this.#nextMessage()
      if (message.type !== 'submit' || message.tasks.length > 0) this.#isFull = !this.#link.send(message)
    }
    if (this.isEmpty) this.clear()
    else if (this.#head > compactFrom && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false
    this.flush()
  }

  #nextMessage(): ClientToController {
    const first = this.#queue[this.#head] as TaskRecord | Note
    if (!(first instanceof TaskRecord)) {
      this.#head += 1
      return first
    }
    const tasks: Submission[] = []
    const functions: FunctionMessage[] = []
    const { bytesMax, batchBytesMax } = this.#capacity
    let bytes = 0
    for (; this.#head < this.#queue.length && tasks.length < tasksMax && bytes < batchBytesMax; this.#head += 1) {
      const entry = this.#queue[this.#head]
      if (!(entry instanceof TaskRecord)) break
      const { submission, shipped } = entry
      // A task that has ended meanwhile need not travel.
      if (submission === undefined || shipped === undefined) continue
      const isKnown = this.#functions.has(shipped.hash)
      bytes += submission.args.byteLength + (isKnown ? 0 : shipped.payload.byteLength)
      if (bytes + entryBytes * tasks.length > bytesMax && tasks.length > 0) break
      entry.wasSent = true
      tasks.push(submission)
      if (this.#functions.use(shipped.hash)) continue
      this.#functions.add(shipped.hash, true)
      functions.push(shipped)
    }
    return { type: 'submit', tasks, functions }
  }
}
