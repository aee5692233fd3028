import { YardmasterError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import type { AttemptOutcome, AttemptResult, Effect, SchedulerEvent } from '../../scheduler/events.ts'
import { createScheduler, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import type { Strategy } from '../../scheduler/strategies/strategy.ts'
import type { TaskRecord } from '../../scheduler/task.ts'
import { Arrivals } from './arrivals.ts'
import { ClusterModel } from './cluster-model.ts'
import { estimatesOf } from './information.ts'
import type { SimulationSettings, WorkloadRun } from './simulate-workload.ts'
import type { Workload } from './workload.ts'

type Settings = SimulationSettings &
  Required<Pick<SimulationSettings, 'decisionDelayMs' | 'decisionIntervalMs' | 'hwm' | 'information'>>

/** One workload on its way: the scheduler's core, engines in virtual time, and what passes between them. */
export class ScheduledRun {
  readonly #workload: Workload
  readonly #settings: Settings
  readonly #strategy: Strategy
  readonly #state: SchedulerState
  readonly #model: ClusterModel
  readonly #arrivals: Arrivals
  /** Of the current attempt of each task that is at an engine. */
  readonly #records: (TaskRecord | undefined)[]
  /** What the scheduler has not been told yet, and what it has decided that is not in force yet. */
  #news: SchedulerEvent[] = []
  #decided: readonly Effect[][] = []
  /** When that comes into force; NaN: nothing is on its way. */
  #inForceMs = Number.NaN
  /** When it may be called next. */
  #callableMs = 0
  #left: number
  #decisions = 0
  #events = 0
  #messages = 0
  /** The turn in which each engine was last sent something. */
  readonly #sentTo: Int32Array
  #turn = 0

  constructor(workload: Workload, strategy: Strategy, settings: Settings) {
    const { engines, seed = 0, network, rules, ties, hwm, information } = settings
    const random = seededRandom(seed)
    this.#workload = workload
    this.#settings = settings
    this.#strategy = strategy
    this.#arrivals = new Arrivals(workload, engines)
    // Only what later tasks may depend on has to be remembered, and of that only how it ended.
    const purgedMax = workload.data === undefined ? 0 : Number.POSITIVE_INFINITY
    this.#state = createScheduler({
      strategy,
      seed,
      estimates: estimatesOf(workload, information, {
        bytesPerSecond: network === undefined || network.model === 'instant' ? Infinity : network.bytesPerSecond,
        holders: (object) => this.#model.holders(object),
      }),
      hwm: hwm === 'cores' ? 1 : hwm,
      retention: { countMax: 0, purgedMax },
    })
    const { run } = this.#state.strategy
    // Strategies that look at what has begun are told of it at once; the others never are, as of short tasks in a cluster.
    this.#model = new ClusterModel(workload, {
      engines,
      notesBegun: run.taskStarted !== undefined || run.steal !== undefined,
      ...(network ? { network } : {}),
      ...(rules ? { rules } : {}),
      ...(ties === 'drawn' ? { ties: random.substream('ties') } : {}),
    })
    this.#records = new Array<TaskRecord | undefined>(workload.size).fill(undefined)
    this.#left = workload.size
    this.#sentTo = new Int32Array(engines.length)
    engines.forEach(({ cores = 1, speed = 1 }, engine) => {
      const joined = { type: 'engineJoined', engine, concurrency: cores, speed } as const
      this.#perform(step(this.#state, hwm === 'cores' ? { ...joined, hwm: cores } : joined, 0))
    })
  }

  toTheEnd(): WorkloadRun {
    const model = this.#model
    while (this.#left > 0) {
      const nextMs = Math.min(model.nextMs, this.#arrivals.nextMs, this.#wakeMs(model.nowMs))
      if (nextMs === Number.POSITIVE_INFINITY) throw this.#stuck()
      model.advance(nextMs)
      this.#happen()
    }
    const { engine, startMs, endMs, busyMs, bytesMoved, transfers } = model
    return {
      workload: this.#workload,
      engines: this.#settings.engines,
      strategy: this.#strategy.name,
      engine,
      startMs,
      endMs,
      busyMs,
      bytesMoved,
      transfers,
      decisions: this.#decisions,
      events: this.#events,
      messages: this.#messages,
    }
  }

  /** All of one instant: ends, then arrivals, then decisions, then what begins by them. */
  #happen(): void {
    const model = this.#model
    const { ended, nowMs } = model
    this.#turn += 1
    if (ended.length === 1) this.#tell(this.#endOf([ended.pop() as number]))
    else if (ended.length > 1) for (const tasks of this.#byEngine(ended.splice(0))) this.#tell(this.#endOf(tasks))
    if (this.#arrivals.nextMs <= nowMs) {
      this.#messages += 1
      this.#tell({ type: 'submit', tasks: this.#arrivals.take() })
    }
    this.#decide()
    model.settle()
    while (model.begun.length > 0) {
      for (const tasks of this.#byEngine(model.begun.splice(0))) this.#tell(this.#beginOf(tasks))
      this.#decide()
      model.settle()
    }
  }

  /** In order of first appearance. */
  #byEngine(tasks: readonly number[]): Iterable<number[]> {
    const found = new Map<number, number[]>()
    for (const task of tasks) {
      const engine = this.#model.engine[task] as number
      const others = found.get(engine)
      if (others === undefined) found.set(engine, [task])
      else others.push(task)
    }
    return found.values()
  }

  #endOf(tasks: readonly number[]): SchedulerEvent {
    const engine = this.#model.engine[tasks[0] as number] as number
    this.#messages += 1
    return { type: 'ended', engine, results: tasks.map((task) => this.#resultOf(task, 'succeeded')) }
  }

  #resultOf(task: number, outcome: AttemptOutcome): AttemptResult {
    const { id, attempt } = this.#records[task] as TaskRecord
    const { startMs, endMs } = this.#model
    const durationMs = outcome === 'succeeded' ? (endMs[task] as number) - (startMs[task] as number) : 0
    this.#records[task] = undefined
    return { id, attempt, outcome, durationMs, output: undefined }
  }

  #beginOf(tasks: readonly number[]): SchedulerEvent {
    const engine = this.#model.engine[tasks[0] as number] as number
    this.#messages += 1
    const names = tasks.map((task) => {
      const { id, attempt } = this.#records[task] as TaskRecord
      return { id, attempt }
    })
    return { type: 'begun', engine, tasks: names }
  }

  #tell(event: SchedulerEvent): void {
    const { decisionDelayMs, decisionIntervalMs } = this.#settings
    if (decisionDelayMs === 0 && decisionIntervalMs === 0) this.#perform(this.#step(event))
    else this.#news.push(event)
  }

  #step(event: SchedulerEvent): readonly Effect[] {
    this.#events += 1
    return step(this.#state, event, this.#model.nowMs)
  }

  /** When something is to be decided or comes into force, if nothing else happens before. */
  #wakeMs(nowMs: number): number {
    if (!Number.isNaN(this.#inForceMs)) return this.#inForceMs
    return this.#news.length > 0 ? Math.max(nowMs, this.#callableMs) : Number.POSITIVE_INFINITY
  }

  /** Brings into force what is due, and calls the scheduler if there is news and it may be called. */
  #decide(): void {
    const { decisionDelayMs, decisionIntervalMs } = this.#settings
    const { nowMs } = this.#model
    if (this.#inForceMs <= nowMs) {
      const decided = this.#decided
      this.#decided = []
      this.#inForceMs = Number.NaN
      this.#callableMs = nowMs + decisionIntervalMs
      for (const effects of decided) this.#perform(effects)
    }
    if (this.#news.length === 0 || !Number.isNaN(this.#inForceMs) || nowMs < this.#callableMs) return
    const news = this.#news
    this.#news = []
    this.#decided = news.map((event) => [...this.#step(event)])
    this.#inForceMs = nowMs + decisionDelayMs
    if (decisionDelayMs === 0) this.#decide()
  }

  #perform(effects: readonly Effect[]): void {
    let replies = 0
    for (const effect of effects) {
      switch (effect.type) {
        case 'assign': {
          const { task, engine } = effect
          const number = task.body as number
          this.#decisions += 1
          this.#send(engine)
          this.#records[number] = task
          this.#model.assign(number, engine)
          break
        }
        case 'end':
          if (effect.task.status !== 'succeeded') throw this.#unexpected(`${effect.task.id} is ${effect.task.status}`)
          this.#left -= 1
          replies = 1
          break
        case 'recall':
          this.#send(effect.engine)
          this.#recall(effect.engine, effect.id)
          break
        default:
          throw this.#unexpected('fault' in effect ? effect.fault.message : effect.type)
      }
    }
    this.#messages += replies
  }

  /** What one turn has for an engine is one message. */
  #send(engine: number): void {
    if (this.#sentTo[engine] === this.#turn) return
    this.#sentTo[engine] = this.#turn
    this.#messages += 1
  }

  /** The engine gives the task back, unless it has begun. */
  #recall(engine: number, id: TaskRecord['id']): void {
    const record = this.#state.tasks.get(id)
    const task = record?.body as number
    if (!this.#model.retract(task)) return
    this.#messages += 1
    this.#tell({ type: 'ended', engine, results: [this.#resultOf(task, 'recalled')] })
  }

  #unexpected(what: string): YardmasterError {
    const { name } = this.#strategy
    return new YardmasterError('YM_SIMULATION', `under strategy '${name}', at ${this.#model.nowMs} ms: ${what}`, {
      details: { strategy: name, atMs: this.#model.nowMs },
    })
  }

  #stuck(): YardmasterError {
    return this.#unexpected(`nothing can happen any more, and ${this.#left} tasks have not ended`)
  }
}
