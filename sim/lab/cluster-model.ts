import { ConfigurationError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { AdmittedQueue, type Room } from './admitted-queue.ts'
import { DataMovement, type TaskPlaces } from './data-movement.ts'
import { checkEngines, type EngineSpec, fitsAlone } from './engine-spec.ts'
import { EventHeap } from './event-heap.ts'
import { createNetwork, downloadLimits, type NetworkSpec } from './network.ts'
import { type RulesLike, rulesOf } from './rules.ts'
import type { Workload } from './workload.ts'

/** The engines of the lab, and what links them. */
export interface ClusterModelOptions {
  readonly engines: readonly EngineSpec[]
  /** Default: data is where it is needed at once. */
  readonly network?: NetworkSpec
  /** Default 'standard'. */
  readonly rules?: RulesLike
  /** By task, higher goes first at its engine. Default: all alike. */
  readonly priority?: Float64Array
  /** By task: while it waits for room, no task at its engine begins whose priority is lower than this. Default: 0. */
  readonly blocking?: Float64Array
  /** Draws the order in which things happen that nothing else sets apart. Default: by number. */
  readonly ties?: Random
  /** Whether `begun` is kept. Default false. */
  readonly notesBegun?: boolean
}

/** One engine at work. */
class ModelEngine {
  readonly speed: number
  readonly room: Room
  /** Time that its cores were or will be busy with what has begun, added up over the cores. */
  busyMs = 0
  readonly admitted: AdmittedQueue
  /** Ready, and not admitted yet. */
  readonly inbox: number[] = []
  /** Tasks that end at this instant, and are not dealt with yet. */
  readonly ending: number[] = []
  isTouched = false

  constructor({ cores = 1, memoryBytes = Infinity, speed = 1 }: EngineSpec, admitted: AdmittedQueue) {
    this.speed = speed
    this.room = { cores, memoryBytes }
    this.admitted = admitted
  }
}

/**
 * Engines at work, in virtual time: tasks that are assigned to them wait for their inputs, then for cores and memory, run, and make their outputs.
 * It decides nothing about where a task goes. Whoever drives it goes from instant to instant: `advance` to the next, take note of what
 * `ended`, `assign`, then `settle`.
 */
export class ClusterModel implements TaskPlaces {
  nowMs = 0
  /** By task: the engine that it was assigned to, -1 where it is at none; when it began and ended, NaN where it has not. */
  readonly engine: Int32Array
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  /** Tasks that have begun, if that is asked for, and that have ended, in order, since whoever drives it has emptied the list. */
  readonly begun: number[] = []
  readonly ended: number[] = []
  readonly cores: Int32Array
  readonly memoryBytes: Float64Array | undefined
  readonly priority: Float64Array | undefined
  readonly blocking: Float64Array | undefined
  readonly #durationMs: Float64Array
  /** By task: which assignment it was. */
  readonly #assignment: Int32Array
  #assignments = 0
  readonly #engines: ModelEngine[]
  readonly #ends = new EventHeap<number>()
  readonly #data: DataMovement | undefined
  readonly #ties: Random | undefined
  readonly #isTogether: boolean
  /** Nothing but the order of assignment sets tasks apart: one that finds room begins at once. */
  readonly #isPlain: boolean
  readonly #notesBegun: boolean
  readonly #beginning: number[] = []
  #touched: ModelEngine[] = []

  constructor(workload: Workload, options: ClusterModelOptions) {
    checkEngines(options.engines)
    const { data, size } = workload
    const { network = { model: 'instant' } } = options
    const rules = rulesOf(options.rules)
    this.engine = new Int32Array(size).fill(-1)
    this.startMs = new Float64Array(size).fill(Number.NaN)
    this.endMs = new Float64Array(size).fill(Number.NaN)
    this.cores = workload.cores
    this.memoryBytes = workload.memoryBytes
    this.priority = options.priority
    this.blocking = options.blocking
    this.#durationMs = workload.durationMs
    this.#assignment = new Int32Array(data === undefined ? 0 : size)
    this.#engines = options.engines.map((spec) => new ModelEngine(spec, new AdmittedQueue(this)))
    this.#ties = options.ties
    this.#notesBegun = options.notesBegun ?? false
    this.#isTogether = rules.admission === 'together'
    const count = this.#engines.length
    const limits = downloadLimits(network)
    const links = createNetwork(network, count)
    this.#data = data && new DataMovement(data, links, limits, rules, this, count)
    this.#isPlain = data === undefined && this.priority === undefined
    checkWidths(workload, options.engines)
  }

  /** When something happens next by itself, in milliseconds; Infinity: never. Valid after `settle`. */
  get nextMs(): number {
    const { firstAt } = this.#ends
    return this.#data === undefined ? firstAt : Math.min(firstAt, this.#data.nextMs)
  }

  /** Bytes of the objects that have travelled from one engine to another, and how many those were. */
  get bytesMoved(): number {
    return this.#data?.bytesMoved ?? 0
  }

  get transfers(): number {
    return this.#data?.transfers ?? 0
  }

  /** The engines where an object lies, the one that made it first; undefined: it does not exist. */
  holders(object: number): readonly number[] | undefined {
    return this.#data?.holders(object)
  }

  /** By engine: time that its cores are busy with all that has begun, added up over its cores. */
  get busyMs(): Float64Array {
    return Float64Array.from(this.#engines, ({ busyMs }) => busyMs)
  }

  /** Lets happen what is due at this time, which must not be before the time that it is, nor after `nextMs`. */
  advance(toMs: number): void {
    this.nowMs = toMs
    if (this.#data !== undefined && this.#data.nextMs <= toMs) this.#data.arrive(toMs)
    if (this.#ends.firstAt > toMs) return
    if (this.#isTogether) while (this.#ends.firstAt <= toMs) this.#end(this.#ends.take())
    else this.#endByEngine()
  }

  /** The task, which must be at no engine, is at this one from now on. */
  assign(task: number, engine: number): void {
    this.engine[task] = engine
    const at = this.#engines[engine] as ModelEngine
    if (this.#isPlain && at.admitted.size === 0 && this.#occupy(at, task)) {
      this.#begin(at, task)
      return
    }
    this.#assignment[task] = this.#assignments
    this.#assignments += 1
    if (this.#data === undefined || this.#data.assigned(task)) this.ready(task)
  }

  /** Takes a task from its engine, unless it has begun; answers whether it has not. */
  retract(task: number): boolean {
    const engine = this.engine[task] as number
    if (engine < 0 || !Number.isNaN(this.startMs[task])) return false
    const at = this.#engines[engine] as ModelEngine
    const place = at.inbox.indexOf(task)
    if (place >= 0) at.inbox.splice(place, 1)
    else if (!at.admitted.remove(task)) this.#data?.retracted(task, engine)
    this.engine[task] = -1
    return true
  }

  /** All is assigned that is to be assigned at this instant: what can begin begins. */
  settle(): void {
    const data = this.#data
    if (data === undefined) this.#serve()
    else if (this.#isTogether) {
      data.settle(this.nowMs)
      while (data.nextMs <= this.nowMs) {
        data.arrive(this.nowMs)
        data.settle(this.nowMs)
      }
      this.#serve()
    } else {
      this.#serve()
      data.settle(this.nowMs)
    }
  }

  ready(task: number): void {
    const at = this.#engines[this.engine[task] as number] as ModelEngine
    at.inbox.push(task)
    this.#touch(at)
  }

  arrange(tasks: number[]): readonly number[] {
    if (this.#ties === undefined) return tasks
    for (let i = tasks.length - 1; i > 0; i -= 1) {
      const other = this.#ties.below(i + 1)
      const task = tasks[i] as number
      tasks[i] = tasks[other] as number
      tasks[other] = task
    }
    return tasks
  }

  readonly #byAssignment = (a: number, b: number): number => (this.#assignment[a] ?? 0) - (this.#assignment[b] ?? 0)

  #touch(engine: ModelEngine): void {
    if (engine.isTouched) return
    engine.isTouched = true
    this.#touched.push(engine)
  }

  /** Answers whether there was room for it. */
  #occupy({ room }: ModelEngine, task: number): boolean {
    const cores = this.cores[task] as number
    const bytes = this.memoryBytes === undefined ? 0 : (this.memoryBytes[task] as number)
    if (cores > room.cores || bytes > room.memoryBytes) return false
    room.cores -= cores
    room.memoryBytes -= bytes
    return true
  }

  /** Gives room away, at all engines where something has changed. */
  #serve(): void {
    if (this.#touched.length === 0) return
    const touched = this.#touched
    this.#touched = []
    for (const engine of touched) {
      engine.isTouched = false
      const { inbox, admitted } = engine
      if (inbox.length > 0) {
        // What became ready at one instant did so at once, whatever was found first.
        if (this.#isTogether && this.#ties === undefined && inbox.length > 1) inbox.sort(this.#byAssignment)
        for (const task of inbox) {
          admitted.add(task)
          if (!this.#isTogether) this.#scan(engine)
        }
        inbox.length = 0
      }
      this.#scan(engine)
    }
  }

  #scan(engine: ModelEngine): void {
    const beginning = this.#beginning
    engine.admitted.begin(engine.room, beginning)
    if (beginning.length === 1) this.#begin(engine, beginning.pop() as number)
    else if (beginning.length > 1) for (const task of beginning.splice(0)) this.#begin(engine, task)
  }

  #begin(engine: ModelEngine, task: number): void {
    const ranMs = (this.#durationMs[task] as number) / engine.speed
    this.startMs[task] = this.nowMs
    engine.busyMs += ranMs * (this.cores[task] as number)
    this.#ends.add(this.nowMs + ranMs, task)
    if (this.#notesBegun) this.begun.push(task)
  }

  #end(task: number): void {
    const engine = this.#engines[this.engine[task] as number] as ModelEngine
    this.endMs[task] = this.nowMs
    engine.room.cores += this.cores[task] as number
    if (this.memoryBytes !== undefined) engine.room.memoryBytes += this.memoryBytes[task] as number
    if (engine.admitted.size > 0) this.#touch(engine)
    this.#data?.produced(task)
    this.ended.push(task)
  }

  /** Each engine deals with all its ends at once, having admitted one of those that were ready before, and offers its cores. */
  #endByEngine(): void {
    const engines: ModelEngine[] = []
    while (this.#ends.firstAt <= this.nowMs) {
      const task = this.#ends.take()
      const engine = this.#engines[this.engine[task] as number] as ModelEngine
      if (engine.ending.length === 0) engines.push(engine)
      engine.ending.push(task)
    }
    for (const engine of engines) {
      const admitted = engine.inbox.shift()
      if (admitted !== undefined) engine.admitted.add(admitted)
      for (const task of engine.ending) this.#end(task)
      engine.ending.length = 0
      this.#scan(engine)
    }
  }
}

/** A task that fits no engine would wait for ever. */
function checkWidths({ size, cores, memoryBytes }: Workload, engines: readonly EngineSpec[]): void {
  const widest = engines.reduce((most, { cores: offered = 1 }) => Math.max(most, offered), 0)
  const largest = engines.reduce((most, { memoryBytes: offered = Infinity }) => Math.max(most, offered), 0)
  for (let task = 0; task < size; task += 1) {
    const needed = cores[task] as number
    if (needed > widest) {
      throw new ConfigurationError(`task ${task} needs ${needed} cores, and no engine has more than ${widest}`)
    }
    if (memoryBytes === undefined) continue
    const bytes = memoryBytes[task] as number
    if (bytes > largest) {
      throw new ConfigurationError(
        `task ${task} needs ${bytes} bytes of memory, and no engine has more than ${largest}`,
      )
    }
    if (engines.some((engine) => fitsAlone(engine, needed, bytes))) continue
    throw new ConfigurationError(
      `task ${task} needs ${needed} cores and ${bytes} bytes of memory, and no engine has both`,
    )
  }
}
