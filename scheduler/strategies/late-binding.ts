import { ConfigurationError } from '../../core/errors.ts'
import type { EngineId, TaskId } from '../../core/ids.ts'
import type { Random } from '../../core/random.ts'
import { offered } from './offered.ts'
import { type Engines, type EngineView, type Strategy, strategy, type TaskView } from './strategy.ts'

/** Tasks that were submitted together. */
interface Batch {
  /** Those that are ready. */
  ready: number
  /** Those among them for which no engine has been probed yet. */
  unprobed: number
}

interface Worker {
  readonly engine: EngineView
  /** Reservations, the oldest first. Those of batches of which nothing is ready are passed over when their turn comes. */
  readonly reservations: Batch[]
  /** A task that was aborted there before it was known to run still occupies it: the end of that is told to nobody. */
  isOwed: boolean
}

/**
 * Late binding: for each m tasks that become ready of one submission, ⌈d · m⌉ reservations are made at engines drawn uniformly without
 * replacement, as far as there are so many, else as many as possible at each. A reservation names the submission, not a task. An engine with a
 * free core serves its oldest reservation: it gets the submission's next task in order; if none is left, the reservation lapses. So a task
 * goes to whichever of its engines is free first, and may wait though another is idle.
 * Past the reservations, to the least loaded, go tasks that are bound to particular engines, and those that come back from one. The reservations of an
 * engine that leaves are made anew. Ties between engines that could serve at once: the one that was looked at first, which is the
 * one that got a reservation, or a free core, the longest ago.
 * Source: Ousterhout et al., Sparrow: Distributed, Low Latency Scheduling, SOSP 2013.
 *
 * @param d reservations for each task, from 1 on
 */
export function lateBinding(d: number): Strategy {
  if (!(d >= 1 && d < Number.POSITIVE_INFINITY)) {
    throw new ConfigurationError(`lateBinding needs a number of reservations for each task from 1 on, not ${d}.`)
  }
  return strategy(d === 2 ? 'lateBinding' : `lateBinding${d}`, {
    start({ random }) {
      const reservations = new Reservations(d, random)
      return {
        tasksSubmitted: (tasks) => reservations.submitted(tasks),
        taskReady: (task) => reservations.ready(task),
        choose(task, engines) {
          if (!reservations.has(task)) return engines.leastLoaded()
          reservations.probe()
          return reservations.serve(task, engines) ?? (reservations.isOpen ? 'pass' : 'hold')
        },
        taskAssigned: (task) => reservations.gone(task),
        taskFinished: (_task, engine, { outcome }) => reservations.freed(engine, outcome === 'aborted'),
        taskEnded: (task) => reservations.ended(task),
        engineJoined: (engine) => reservations.joined(engine),
        engineLeft: (engine) => reservations.left(engine),
      }
    },
  })
}

class Reservations {
  readonly #d: number
  readonly #random: Random
  readonly #batches = new Map<TaskId, Batch>()
  /** Ready tasks that wait for no reservation. */
  readonly #others = new Set<TaskId>()
  /** The batches of ready tasks. */
  readonly #ready = new Map<TaskId, Batch>()
  readonly #unprobed = new Set<Batch>()
  readonly #workers = new Map<EngineId, Worker>()
  /** The same, in an order of no meaning. */
  readonly #list: Worker[] = []
  /** Holds all that have a free core and a reservation, and perhaps others. */
  readonly #serving = new Set<Worker>()

  constructor(d: number, random: Random) {
    this.#d = d
    this.#random = random
  }

  submitted(tasks: readonly TaskView[]): void {
    const batch: Batch = { ready: 0, unprobed: 0 }
    for (const { id } of tasks) this.#batches.set(id, batch)
  }

  ready(task: TaskView): void {
    const { id, attempt, targets, follow } = task
    if (attempt > 0 || targets.length > 0 || follow.length > 0) {
      this.#others.add(id)
      return
    }
    const batch = this.#batches.get(id) ?? { ready: 0, unprobed: 0 }
    this.#batches.set(id, batch)
    this.#ready.set(id, batch)
    batch.ready += 1
    batch.unprobed += 1
    this.#unprobed.add(batch)
  }

  has({ id }: TaskView): boolean {
    return this.#ready.has(id)
  }

  gone({ id }: TaskView): void {
    this.#others.delete(id)
    const batch = this.#ready.get(id)
    if (batch === undefined) return
    this.#ready.delete(id)
    batch.ready -= 1
  }

  ended(task: TaskView): void {
    this.gone(task)
    this.#batches.delete(task.id)
  }

  /** Makes the reservations for what has become ready. */
  probe(): void {
    for (const batch of this.#unprobed) {
      const count = Math.ceil(this.#d * Math.min(batch.unprobed, batch.ready))
      batch.unprobed = 0
      this.#reserve(batch, count)
    }
    this.#unprobed.clear()
  }

  /** The engine that serves the task now, if there is one; its reservation is used up then. */
  serve({ id }: TaskView, engines: Engines): EngineView | undefined {
    const batch = this.#ready.get(id)
    for (const worker of this.#serving) {
      const oldest = this.#oldest(worker)
      const isFree = worker.engine.freeCores > 0
      if (isFree) worker.isOwed = false
      if (oldest === undefined || !(isFree || worker.isOwed)) this.#serving.delete(worker)
      if (oldest !== batch || !isFree) continue
      const engine = offered(engines, worker.engine.id)
      if (engine === undefined) continue
      worker.reservations.shift()
      return engine
    }
    return undefined
  }

  /** Another task may go now. */
  get isOpen(): boolean {
    return this.#serving.size > 0 || this.#others.size > 0
  }

  freed({ id }: EngineView, isOwed: boolean): void {
    const worker = this.#workers.get(id)
    if (worker === undefined) return
    worker.isOwed ||= isOwed
    if (worker.reservations.length > 0) this.#serving.add(worker)
  }

  joined(engine: EngineView): void {
    const worker: Worker = { engine, reservations: [], isOwed: false }
    this.#workers.set(engine.id, worker)
    this.#list.push(worker)
    if (this.#workers.size > 1) return
    // Until now there was nobody to ask.
    for (const batch of new Set(this.#ready.values())) {
      batch.unprobed = batch.ready
      this.#unprobed.add(batch)
    }
  }

  left({ id }: EngineView): void {
    const worker = this.#workers.get(id)
    if (worker === undefined) return
    this.#workers.delete(id)
    this.#list.splice(this.#list.indexOf(worker), 1)
    this.#serving.delete(worker)
    for (const batch of worker.reservations) if (batch.ready > 0) this.#reserve(batch, 1)
  }

  #oldest({ reservations }: Worker): Batch | undefined {
    while (reservations[0]?.ready === 0) reservations.shift()
    return reservations[0]
  }

  #reserve(batch: Batch, count: number): void {
    const workers = this.#list
    if (workers.length === 0) return
    for (let left = count; left > 0; left -= workers.length) {
      const drawn = Math.min(left, workers.length)
      for (let i = 0; i < drawn; i += 1) {
        const other = i + this.#random.below(workers.length - i)
        const worker = workers[other] as Worker
        workers[other] = workers[i] as Worker
        workers[i] = worker
        worker.reservations.push(batch)
        this.#serving.add(worker)
      }
    }
  }
}
