import TinyQueue from 'tinyqueue'
import type { EngineId, TaskId } from '../../core/ids.ts'
import type { EngineView, Estimates, TaskView } from '../strategies/strategy.ts'
import type { Planner, PlanningProblem } from './planning-problem.ts'
import { taskGraphOf } from './task-graph.ts'
import { Timeline } from './timeline.ts'

/** One live task. */
interface Entry {
  readonly task: TaskView
  /** Undefined: it has no place in the plan, or none yet. */
  engine: EngineView | undefined
  startMs: number
  endMs: number
  /** It is at that engine. */
  isSent: boolean
  /** Since which of the changes it waits. */
  waitsSince: number
}

/** What a task needs from outside of what is planned with it. */
interface Supply {
  /** When it exists. */
  readonly ms: number
  readonly transferMs: number
  readonly engines: readonly EngineId[]
}

/** Where live tasks are planned, and when they are to begin and end. */
export class Forecast {
  readonly #planner: Planner
  readonly #estimates: Estimates
  readonly #clock: () => number
  /**
   * When a task was submitted or came back, or an engine came or left. That others have begun is told sooner or later, and changes nothing:
   * what is decided must not depend on it.
   */
  #nowMs = 0
  #changes = 0
  readonly #entries = new Map<TaskId, Entry>()
  #unplanned: Entry[] = []
  #engines: EngineView[] = []
  #timelines: Timeline[] = []
  /** By engine, what is planned there, the first to begin on top. Some may have been sent or ended, or be planned elsewhere by now. */
  #queues = new Map<EngineView, TinyQueue<Entry>>()
  /** The engines are not those that were planned for. */
  #isStale = false
  /** Tasks at engines. */
  #sent = 0

  constructor(planner: Planner, estimates: Estimates, clock: () => number) {
    this.#planner = planner
    this.#estimates = estimates
    this.#clock = clock
  }

  get isUnderWay(): boolean {
    return this.#sent > 0
  }

  add(tasks: readonly TaskView[]): void {
    this.#change()
    for (const task of tasks) this.#entryOf(task)
  }

  join(engine: EngineView): void {
    this.#change()
    this.#engines = [...this.#engines, engine].sort((a, b) => a.id - b.id)
    this.#isStale = true
  }

  leave(engine: EngineView): void {
    this.#change()
    this.#engines = this.#engines.filter((other) => other !== engine)
    this.#isStale = true
  }

  sent(task: TaskView, engine: EngineView): void {
    const entry = this.#entryOf(task)
    entry.engine = engine
    entry.isSent = true
    this.#sent += 1
  }

  /** It is at no engine any more. */
  cameBack(task: TaskView): void {
    this.#change()
    const entry = this.#entries.get(task.id)
    if (entry?.isSent !== true) return
    entry.isSent = false
    this.#sent -= 1
  }

  forget(task: TaskView): void {
    this.cameBack(task)
    this.#entries.delete(task.id)
  }

  engineFor(task: TaskView): EngineView | undefined {
    this.#plan()
    return this.#entryOf(task).engine
  }

  /** It is not to be sent before something changes. */
  letWait(task: TaskView): void {
    this.#entryOf(task).waitsSince = this.#changes
  }

  /** Whether nothing has changed since it was let wait. */
  waits(task: TaskView): boolean {
    return this.#entryOf(task).waitsSince === this.#changes
  }

  /** Whether it should have begun by now. */
  isLate(task: TaskView): boolean {
    return this.#entryOf(task).startMs < this.#nowMs
  }

  /** Whether nothing more is planned at the engine that can still begin in time. */
  isSpare(engine: EngineView): boolean {
    return this.#firstToCome(engine) === undefined
  }

  /**
   * Whether nothing that is planned at the same engine is to begin before it. What should have begun by now and is not ready does not count:
   * the plan was wrong about it.
   */
  isNext(task: TaskView): boolean {
    const entry = this.#entryOf(task)
    const first = entry.engine && this.#firstToCome(entry.engine)
    return first === undefined || entry.startMs <= first.startMs
  }

  #firstToCome(engine: EngineView): Entry | undefined {
    const queue = this.#queues.get(engine)
    for (let first = queue?.peek(); first !== undefined; first = queue?.peek()) {
      const isToCome = !first.isSent && first.engine === engine && this.#entries.get(first.task.id) === first
      if (isToCome && first.startMs >= this.#nowMs) return first
      queue?.pop()
    }
    return undefined
  }

  /** 0 where it is not planned. */
  startMsOf(task: TaskView): number {
    this.#plan()
    return this.#entryOf(task).startMs
  }

  #change(): void {
    this.#nowMs = this.#clock()
    this.#changes += 1
  }

  #entryOf(task: TaskView): Entry {
    let entry = this.#entries.get(task.id)
    if (entry === undefined) {
      entry = { task, engine: undefined, startMs: 0, endMs: 0, isSent: false, waitsSince: -1 }
      this.#entries.set(task.id, entry)
      this.#unplanned.push(entry)
    }
    return entry
  }

  #plan(): void {
    if (this.#engines.length === 0) return
    if (this.#isStale) this.#beginAnew()
    if (this.#unplanned.length === 0) return
    const entries = this.#unplanned.filter((entry) => this.#entries.get(entry.task.id) === entry && !entry.isSent)
    this.#unplanned = []
    const batch = withoutCircles(entries)
    const nowMs = this.#nowMs
    for (const timeline of this.#timelines) timeline.forget(nowMs)
    const { engine, startMs, endMs } = this.#planner(this.#problemOf(batch, nowMs))
    batch.forEach((entry, i) => {
      entry.engine = this.#engines[engine[i] as number] as EngineView
      entry.startMs = startMs[i] as number
      entry.endMs = endMs[i] as number
      this.#queues.get(entry.engine)?.push(entry)
    })
  }

  /** All that has not been sent is to be planned; what has been sent comes first. */
  #beginAnew(): void {
    this.#isStale = false
    this.#timelines = this.#engines.map(({ cores }) => new Timeline(cores))
    this.#queues = new Map(this.#engines.map((engine) => [engine, new TinyQueue<Entry>([], byStart)]))
    const nowMs = this.#nowMs
    const entries = [...this.#entries.values()]
    const sent = entries.filter(({ isSent }) => isSent)
    const costs = this.#costsOf(sent)
    sent.forEach((entry, i) => {
      const at = this.#engines.indexOf(entry.engine as EngineView)
      const timeline = this.#timelines[at]
      if (timeline === undefined) return
      const cores = Math.min(entry.task.cores, (entry.engine as EngineView).cores)
      entry.startMs = timeline.earliestEnd(nowMs, cores)
      entry.endMs = entry.startMs + costs(i, at)
      timeline.take(entry.startMs, entry.endMs, cores)
    })
    this.#unplanned = entries.filter(({ isSent }) => !isSent)
    for (const entry of this.#unplanned) entry.engine = undefined
  }

  #problemOf(batch: readonly Entry[], nowMs: number): PlanningProblem {
    const coresMax = this.#engines.reduce((most, { cores }) => Math.max(most, cores), 1)
    const numbers = new Map(batch.map(({ task }, i) => [task.id, i]))
    const supplies: Supply[][] = []
    const bytes = this.#meanBytes(batch)
    const tasks = batch.map(({ task }) => {
      const parents = new Map<number, number>()
      const outside: Supply[] = []
      const seen = new Set<TaskId>()
      const need = (id: TaskId, transferMs: number, engines: readonly EngineId[]) => {
        seen.add(id)
        const parent = numbers.get(id)
        if (parent !== undefined) {
          parents.set(parent, Math.max(transferMs, parents.get(parent) ?? 0))
          return
        }
        const live = this.#entries.get(id)
        if (live?.engine !== undefined) outside.push({ ms: live.endMs, transferMs, engines: [live.engine.id] })
        else if (engines.length > 0) outside.push({ ms: nowMs, transferMs, engines })
      }
      for (const input of this.#estimates.inputs(task)) {
        need(input.producer, this.#transferMs(input.bytes ?? bytes), input.engines)
      }
      for (const { ids } of [...task.after, ...task.follow]) for (const id of ids) if (!seen.has(id)) need(id, 0, [])
      supplies.push(outside)
      return { cores: Math.min(task.cores, coresMax), parents }
    })
    const ids = this.#engines.map(({ id }) => id)
    return {
      graph: taskGraphOf(tasks),
      engineCores: this.#engines.map(({ cores }) => cores),
      timelines: this.#timelines,
      costMs: this.#costsOf(batch),
      arrivalMs: (task, engine) => {
        let latest = nowMs
        for (const { ms, transferMs, engines } of supplies[task] as Supply[]) {
          latest = Math.max(latest, engines.includes(ids[engine] as number) ? ms : ms + transferMs)
        }
        return latest
      },
    }
  }

  #transferMs(bytes: number): number {
    return bytes === 0 ? 0 : (bytes / this.#estimates.bytesPerSecond) * 1_000
  }

  /** Of the inputs whose size is known; 0 where none is. */
  #meanBytes(batch: readonly Entry[]): number {
    let sum = 0
    let count = 0
    for (const { task } of batch) {
      for (const { bytes } of this.#estimates.inputs(task)) {
        if (bytes === undefined) continue
        sum += bytes
        count += 1
      }
    }
    return count === 0 ? 0 : sum / count
  }

  /** By task and engine. A task with targets that are there runs nowhere else. */
  #costsOf(entries: readonly Entry[]): (task: number, engine: number) => number {
    const known = entries.map(({ task }) => this.#estimates.durationMs(task))
    const sure = known.filter((ms) => ms !== undefined)
    const mean = sure.length === 0 ? 1 : sure.reduce((sum, ms) => sum + ms, 0) / sure.length
    const durations = Float64Array.from(known, (ms) => ms ?? mean)
    const speeds = this.#engines.map(({ speed }) => speed)
    const places = entries.map(({ task }) => this.#placesOf(task))
    return (task, engine) => {
      const possible = places[task]
      if (possible !== undefined && !possible.has(engine)) return Number.POSITIVE_INFINITY
      return (durations[task] as number) / (speeds[engine] as number)
    }
  }

  /** Undefined: everywhere. */
  #placesOf({ targets, cores }: TaskView): ReadonlySet<number> | undefined {
    if (targets.length === 0) return undefined
    const found = new Set<number>()
    this.#engines.forEach((engine, i) => {
      if (targets.includes(engine.id) && engine.cores >= cores) found.add(i)
    })
    return found.size === 0 ? undefined : found
  }
}

function byStart(a: Entry, b: Entry): number {
  return a.startMs - b.startMs
}

/** Those that wait for themselves in a circle, and those that wait for them, are left out. */
function withoutCircles(entries: readonly Entry[]): Entry[] {
  const left = new Map<TaskId, number>()
  const dependents = new Map<TaskId, Entry[]>()
  const ids = new Set(entries.map(({ task }) => task.id))
  const found: Entry[] = []
  for (const entry of entries) {
    const { task } = entry
    const needed = new Set([...task.after, ...task.follow].flatMap((spec) => spec.ids).filter((id) => ids.has(id)))
    left.set(task.id, needed.size)
    if (needed.size === 0) found.push(entry)
    for (const id of needed) {
      const others = dependents.get(id)
      if (others === undefined) dependents.set(id, [entry])
      else others.push(entry)
    }
  }
  for (let i = 0; i < found.length; i += 1) {
    for (const entry of dependents.get((found[i] as Entry).task.id) ?? []) {
      const count = (left.get(entry.task.id) as number) - 1
      left.set(entry.task.id, count)
      if (count === 0) found.push(entry)
    }
  }
  const planned = new Set(found)
  return entries.filter((entry) => planned.has(entry))
}
