import { type Capacity, inBatches, unfit } from '../core/capacity.ts'
import { PurgedError, type YardmasterError } from '../core/errors.ts'
import { bringFunctions, FunctionTable } from '../core/function-table.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { Link } from '../core/link.ts'
import type { Assignment, AttemptRef, ControllerToEngine, EngineInfo, EngineToController } from '../core/messages.ts'
import { movedOn } from '../core/payload.ts'
import type { Pull } from '../core/stream-messages.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import { LastHeard } from './last-heard.ts'
import type { TaskBody } from './task-body.ts'

/** An engine as the controller sees it: its link, what it holds, and what this turn has for it. */
export class EnginePeer {
  readonly id: EngineId
  readonly info: EngineInfo
  readonly link: Link<ControllerToEngine, EngineToController>
  readonly #capacity: Capacity
  readonly #holds = new FunctionTable<true>()
  #assigned: Assigned[] = []
  #cancelled: AttemptRef[] = []
  #recalled: AttemptRef[] = []
  #pulls: Pull[] = []
  #noted: AttemptRef[] = []
  readonly heard: LastHeard
  /** A monotonic time in milliseconds. */
  #pingedAt = 0
  #pings = 0
  completed = 0
  /** What the engine calls itself to a controller that keeps its tasks: it then keeps its ends. */
  readonly instance: string | undefined

  constructor(
    info: EngineInfo,
    link: Link<ControllerToEngine, EngineToController>,
    capacity: Capacity,
    now: number,
    instance?: string,
  ) {
    this.instance = instance
    this.id = info.id
    this.info = info
    this.link = link
    this.#capacity = capacity
    this.heard = new LastHeard(link.connection, now)
  }

  /** Answers why the task cannot be sent to this engine, if so. */
  assign(task: TaskRecord, attempt: number): YardmasterError | undefined {
    const { function: held, args } = task.body as TaskBody
    const error = args.isGone
      ? new PurgedError(`The arguments of task ${task.id} cannot be sent again. ${movedOn}`)
      : unfit(this.#capacity, 'the call', held.payload, args)
    if (error === undefined) this.#assigned.push({ task, attempt })
    return error
  }

  cancel(id: TaskId, attempt: number): void {
    this.#cancelled.push({ id, attempt })
  }

  recall(id: TaskId, attempt: number): void {
    this.#recalled.push({ id, attempt })
  }

  interrupt(graceMs: number): void {
    this.flush(graceMs)
    this.link.send({ type: 'interrupt', graceMs })
  }

  restart(graceMs: number): void {
    this.flush(graceMs)
    this.link.send({ type: 'restart' })
  }

  noted(ended: readonly AttemptRef[]): void {
    for (const { id, attempt } of ended) this.#noted.push({ id, attempt })
  }

  pull(pull: Pull): void {
    this.#pulls.push(pull)
  }

  ping(now: number): void {
    this.#pingedAt = now
    this.#pings += 1
    this.link.send({ type: 'ping', sequence: this.#pings })
  }

  /** The round trip in milliseconds, where this answers the last ping. Pings count from 1. */
  pong(sequence: number, now: number): number | undefined {
    return sequence > 0 && sequence === this.#pings ? now - this.#pingedAt : undefined
  }

  /** Lets the engine go. */
  async close(): Promise<void> {
    this.link.send({ type: 'stop' })
    await this.link.close()
  }

  /** Sends what this turn has for the engine: assignments first, since what is taken back may be among them. */
  flush(graceMs: number): void {
    if (this.#assigned.length > 0) {
      for (const batch of inBatches(this.#assigned, this.#bytesOf, this.#capacity)) {
        const functions = bringFunctions(
          this.#holds,
          batch.map(({ task }) => (task.body as TaskBody).function),
        )
        this.link.send({ type: 'tasks', tasks: batch.map(assignment), functions })
      }
      this.#assigned = []
    }
    if (this.#cancelled.length > 0) {
      this.link.send({ type: 'cancel', tasks: this.#cancelled, graceMs })
      this.#cancelled = []
    }
    if (this.#recalled.length > 0) {
      this.link.send({ type: 'recall', tasks: this.#recalled })
      this.#recalled = []
    }
    if (this.#noted.length > 0) {
      this.link.send({ type: 'noted', tasks: this.#noted })
      this.#noted = []
    }
    if (this.#pulls.length > 0) {
      this.link.send({ type: 'pull', streams: this.#pulls })
      this.#pulls = []
    }
  }

  readonly #bytesOf = ({ task }: Assigned): number => {
    const { function: held, args } = task.body as TaskBody
    return args.byteLength + (this.#holds.has(held.hash) ? 0 : held.payload.byteLength)
  }
}

interface Assigned {
  readonly task: TaskRecord
  readonly attempt: number
}

function assignment({ task, attempt }: Assigned): Assignment {
  const { function: held, call, args, trace } = task.body as TaskBody
  const plain: Assignment = { id: task.id, attempt, function: held.hash, call, args }
  if (task.runTimeoutMs > 0) plain.runTimeoutMs = task.runTimeoutMs
  if (task.direct) plain.direct = true
  if (trace !== undefined) plain.traceparent = trace.told
  return plain
}
