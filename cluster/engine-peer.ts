import { bringFunctions, FunctionTable } from '../core/function-table.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { Link } from '../core/link.ts'
import type { Assignment, AttemptRef, ControllerToEngine, EngineInfo, EngineToController } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import type { TaskBody } from './task-body.ts'

/** An engine as the controller sees it: its link, what it holds, and what this turn has for it. */
export class EnginePeer {
  readonly id: EngineId
  readonly info: EngineInfo
  readonly link: Link<ControllerToEngine, EngineToController>
  readonly #holds = new FunctionTable<true>()
  #assigned: { task: TaskRecord; attempt: number }[] = []
  #cancelled: AttemptRef[] = []
  #recalled: AttemptRef[] = []
  /** Monotonic times in milliseconds. */
  heardAt: number
  #pingedAt = 0
  #pings = 0
  completed = 0

  constructor(info: EngineInfo, link: Link<ControllerToEngine, EngineToController>, now: number) {
    this.id = info.id
    this.info = info
    this.link = link
    this.heardAt = now
  }

  /** False where the task's arguments share memory and the engine is in another process. */
  assign(task: TaskRecord, attempt: number): boolean {
    const { supports } = this.link.connection
    if (!supports.objects && !supports.transfer && sharesMemory((task.body as TaskBody).args)) return false
    this.#assigned.push({ task, attempt })
    return true
  }

  cancel(id: TaskId, attempt: number): void {
    this.#cancelled.push({ id, attempt })
  }

  recall(id: TaskId, attempt: number): void {
    this.#recalled.push({ id, attempt })
  }

  ping(now: number): void {
    this.#pingedAt = now
    this.#pings += 1
    this.link.send({ type: 'ping', sequence: this.#pings })
  }

  /** The round trip in milliseconds, where this answers the last ping. */
  pong(sequence: number, now: number): number | undefined {
    return sequence === this.#pings ? now - this.#pingedAt : undefined
  }

  /** Sends what this turn has for the engine: assignments first, since what is taken back may be among them. */
  flush(graceMs: number): void {
    if (this.#assigned.length > 0) {
      const functions = bringFunctions(
        this.#holds,
        this.#assigned.map(({ task }) => (task.body as TaskBody).function),
      )
      this.link.send({ type: 'tasks', tasks: this.#assigned.map(assignment), functions })
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
  }
}

function sharesMemory({ frames }: Payload): boolean {
  return frames.length > 1 && frames.some(({ buffer }) => (buffer as ArrayBufferLike) instanceof SharedArrayBuffer)
}

function assignment({ task, attempt }: { task: TaskRecord; attempt: number }): Assignment {
  const { function: held, call, args } = task.body as TaskBody
  const plain = { id: task.id, attempt, function: held.hash, call, args }
  return task.runTimeoutMs > 0 ? { ...plain, runTimeoutMs: task.runTimeoutMs } : plain
}
