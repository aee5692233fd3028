import type { EngineId, TaskId } from '../../core/ids.ts'
import { CoreProfile } from './core-profile.ts'
import type { RigidQueue, RunningJob } from './rigid-queue.ts'
import type { EngineView, TaskView } from './strategy.ts'

interface Reservation {
  readonly task: TaskView
  readonly engine: EngineId
  readonly startMs: number
  readonly endMs: number
}

/** A reservation for each ready task, as conservative backfilling makes them. */
export class Reservations {
  readonly #queue: RigidQueue
  /** What runs, as long as it is expected to, and all reservations are taken out. */
  readonly #profiles = new Map<EngineId, CoreProfile>()
  readonly #reserved = new Map<TaskId, Reservation>()
  /** Some may be able to begin earlier. */
  #mayMove = false
  /** Some reservations are for engines that have left. */
  #isBroken = false

  constructor(queue: RigidQueue) {
    this.#queue = queue
  }

  /** What is to begin now, and where, if its cores are free. */
  due(nowMs: number): Map<TaskId, EngineId> {
    const { ready } = this.#queue
    for (const profile of this.#profiles.values()) profile.advance(nowMs)
    if (this.#isBroken || this.#isAnyLate(nowMs)) this.#rebuild(nowMs)
    else if (this.#mayMove) this.#compress()
    this.#mayMove = false
    for (const { task } of ready) {
      if (this.#reserved.has(task.id) || !this.#suitsAny(task)) continue
      if (this.#reserve(task) === undefined) break
    }
    const starts = new Map<TaskId, EngineId>()
    const free = new Map<EngineId, number>()
    for (const { task } of ready) {
      const reservation = this.#reserved.get(task.id)
      if (reservation === undefined || reservation.startMs > nowMs) continue
      const { engine } = reservation
      const cores = free.get(engine) ?? this.#queue.engines.get(engine)?.freeCores ?? 0
      if (cores < task.cores) continue
      free.set(engine, cores - task.cores)
      starts.set(task.id, engine)
    }
    return starts
  }

  /** It has been sent: what was reserved for it is taken by itself. */
  begun(task: TaskView, { engine, cores, endMs }: RunningJob, nowMs: number): void {
    this.#release(task)
    const profile = this.#profiles.get(engine)
    profile?.advance(nowMs)
    profile?.add(-cores, nowMs, endMs)
  }

  finished({ id }: EngineView, job: RunningJob | undefined, nowMs: number): void {
    const profile = this.#profiles.get(id)
    if (profile === undefined) return
    profile.advance(nowMs)
    if (job === undefined || job.endMs <= nowMs) return
    profile.add(job.cores, nowMs, job.endMs)
    this.#mayMove = true
  }

  ended(task: TaskView): void {
    if (this.#release(task) !== undefined) this.#mayMove = true
  }

  /** What was sent there before this strategy came into force counts as ending now. */
  joined({ id, cores }: EngineView, nowMs: number): void {
    this.#profiles.set(id, new CoreProfile(cores, nowMs))
    this.#mayMove = true
  }

  left({ id }: EngineView): void {
    this.#profiles.delete(id)
    this.#isBroken = true
  }

  /**
   * In order, each moves to an earlier time, or stays. Where it was stays free for it meanwhile. One that moves may leave room for one before
   * it; so this goes on until each begins now, or when another is expected to end.
   */
  #compress(): void {
    for (let isMoving = true; isMoving; ) {
      isMoving = false
      for (const { task } of this.#queue.ready) {
        const before = this.#release(task)
        if (before === undefined) continue
        const after = this.#reserve(task)
        if (after !== undefined && after.startMs < before.startMs) isMoving = true
      }
    }
  }

  #release(task: TaskView): Reservation | undefined {
    const reservation = this.#reserved.get(task.id)
    if (reservation === undefined) return undefined
    this.#reserved.delete(task.id)
    this.#profiles.get(reservation.engine)?.add(task.cores, reservation.startMs, reservation.endMs)
    return reservation
  }

  /** Undefined where no time can be told. */
  #reserve(task: TaskView): Reservation | undefined {
    let best: Reservation | undefined
    for (const engine of this.#queue.engines.values()) {
      if (!this.#queue.suits(task, engine)) continue
      const runMs = this.#queue.runMs(task, engine)
      const startMs = this.#profiles.get(engine.id)?.earliest(task.cores, runMs) ?? Number.POSITIVE_INFINITY
      if (startMs < (best?.startMs ?? Number.POSITIVE_INFINITY)) {
        best = { task, engine: engine.id, startMs, endMs: startMs + runMs }
      }
    }
    if (best === undefined) return undefined
    this.#reserved.set(task.id, best)
    this.#profiles.get(best.engine)?.add(-task.cores, best.startMs, best.endMs)
    return best
  }

  #suitsAny(task: TaskView): boolean {
    for (const engine of this.#queue.engines.values()) if (this.#queue.suits(task, engine)) return true
    return false
  }

  #isAnyLate(nowMs: number): boolean {
    for (const { startMs } of this.#reserved.values()) if (startMs < nowMs) return true
    return false
  }

  /** All anew, in order of time, on what is free once everything that is overdue has ended. */
  #rebuild(nowMs: number): void {
    this.#isBroken = false
    for (const { id, cores } of this.#queue.engines.values()) this.#profiles.set(id, new CoreProfile(cores, nowMs))
    for (const { engine, cores, endMs } of this.#queue.running.values()) {
      this.#profiles.get(engine)?.add(-cores, nowMs, endMs)
    }
    const inOrder = [...this.#reserved.values()].sort((a, b) => a.startMs - b.startMs)
    this.#reserved.clear()
    for (const { task } of inOrder) this.#reserve(task)
  }
}
