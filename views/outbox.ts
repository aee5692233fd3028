import { type Capacity, entryBytes, noLimit } from '../core/capacity.ts'
import { bringFunctions, FunctionTable } from '../core/function-table.ts'
import { namesBytesOf } from '../core/limits.ts'
import type { Link } from '../core/link.ts'
import type { ClientToController, ControllerToClient, FunctionMessage, Submission } from '../core/messages.ts'
import { Broadcast } from './broadcast.ts'
import { TaskRecord } from './task-record.ts'

export type ClientLink = Link<ClientToController, ControllerToClient>

/** One message carries at most this many tasks; the ids of so many fit beside the largest arguments. */
export const tasksMax = 1_000
/** What has been sent is forgotten when it is this much, and more than what waits. */
const compactFrom = 10_000

type Note = Exclude<ClientToController, { type: 'submit' | 'broadcast' }>
type Entry = TaskRecord | Broadcast | Note

/**
 * What waits to be sent, in order. What one turn submits leaves together; a full message leaves at once, so that the
 * controller can begin while a long loop goes on. While the link is full or absent, everything waits here.
 */
export class Outbox {
  #queue: Entry[] = []
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

  add(entry: Entry): void {
    this.#queue.push(entry)
    if (this.#link === undefined || this.#isFull) return
    if (entry instanceof TaskRecord || entry instanceof Broadcast) {
      const task = entry instanceof Broadcast ? entry.tasks[0] : entry
      this.#bytes += task?.submission?.args.byteLength ?? 0
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
      if (message) this.#isFull = !this.#link.send(message)
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

  /** Undefined where nothing of what comes next need travel: it has ended meanwhile. */
  #nextMessage(): ClientToController | undefined {
    const first = this.#queue[this.#head] as Entry
    if (!(first instanceof TaskRecord)) {
      this.#head += 1
      return first instanceof Broadcast ? this.#broadcastMessage(first) : first
    }
    const tasks: Submission[] = []
    const functions: FunctionMessage[] = []
    const { bytesMax, batchBytesMax } = this.#capacity
    let bytes = 0
    for (; this.#head < this.#queue.length && tasks.length < tasksMax && bytes < batchBytesMax; this.#head += 1) {
      const entry = this.#queue[this.#head]
      if (!(entry instanceof TaskRecord)) break
      const { submission, shipped } = entry
      if (submission === undefined || shipped === undefined) continue
      const isKnown = this.#functions.has(shipped.hash)
      bytes += submission.args.byteLength + namesBytesOf(submission) + (isKnown ? 0 : shipped.payload.byteLength)
      if (bytes + entryBytes * tasks.length > bytesMax && tasks.length > 0) break
      entry.wasSent = true
      tasks.push(submission)
      if (this.#functions.use(shipped.hash)) continue
      this.#functions.add(shipped.hash, true, shipped.payload.byteLength)
      functions.push(shipped)
    }
    return tasks.length > 0 ? { type: 'submit', tasks, functions } : undefined
  }

  #broadcastMessage({ tasks }: Broadcast): ClientToController | undefined {
    const live = tasks.filter(({ submission }) => submission)
    const [first] = live
    if (!first?.submission || !first.shipped) return undefined
    const { function: hash, args, runTimeoutMs, label, traceparent } = first.submission
    for (const task of live) task.wasSent = true
    const message: Extract<ClientToController, { type: 'broadcast' }> = {
      type: 'broadcast',
      tasks: live.map(({ id }) => id),
      targets: live.flatMap(({ submission }) => submission?.targets ?? []),
      function: hash,
      args,
      functions: bringFunctions(this.#functions, [first.shipped]),
    }
    if (runTimeoutMs !== undefined) message.runTimeoutMs = runTimeoutMs
    if (label !== undefined) message.label = label
    if (traceparent !== undefined) message.traceparent = traceparent
    return message
  }
}
