import { Dashboard } from '../../cluster/dashboard/dashboard.ts'
import { systemClock } from '../../core/clock.ts'
import { newSessionId, taskId } from '../../core/ids.ts'
import { seededRandom } from '../../core/random.ts'
import type { AttemptResult, SchedulerEvent } from '../../scheduler/events.ts'
import { createScheduler, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'

interface Load {
  readonly engines: number
  readonly tasksPerSecond: number
  readonly labels: number
}

const turnMs = 20
const session = newSessionId(seededRandom(1))

/** The real scheduler and a real dashboard, with engines that only answer in time: far more of them than this machine could run. */
export class SimulatedCluster implements AsyncDisposable {
  readonly dashboard: Dashboard
  readonly #load: Load
  readonly #core: SchedulerState
  /** What ends in which turn, by engine. */
  readonly #due = new Map<number, Map<number, AttemptResult[]>>()
  #turn = 0
  #submitted = 0
  #begun = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(dashboard: Dashboard, core: SchedulerState, load: Load) {
    this.#load = load
    this.#core = core
    this.dashboard = dashboard
    for (let engine = 0; engine < load.engines; engine += 1) this.#happened({ type: 'engineJoined', engine })
    this.dashboard.begin()
  }

  static async start(load: Load): Promise<SimulatedCluster> {
    const core = createScheduler({ hwm: 4 })
    const infos = Array.from({ length: load.engines }, (_, id) => {
      return { id, name: `engine-${id}`, kind: 'process', host: `node-${id % 50}`, pid: 1_000 + id, concurrency: 1 }
    })
    const dashboard = await Dashboard.open(true, {
      cluster: 'simulated',
      clock: systemClock,
      core: () => core,
      engines: () => infos,
      sessions: () => [session],
      setStrategy: (strategy) => cluster.#happened({ type: 'setStrategy', strategy }),
    })
    const cluster: SimulatedCluster = new SimulatedCluster(dashboard, core, load)
    return cluster
  }

  get ended(): number {
    return this.#core.counts.succeeded + this.#core.counts.failed
  }

  /** Submits at the rate that was asked for, from now on, and no more than so many. */
  run(tasksMax = Number.POSITIVE_INFINITY): void {
    let begin = performance.now()
    this.#timer = setInterval(() => {
      // As many as are due, however late the timer is.
      const now = performance.now()
      const count = Math.round(((now - begin) / 1_000) * this.#load.tasksPerSecond)
      begin = now
      this.#takeTurn(Math.min(count, tasksMax - this.#submitted))
    }, turnMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.dashboard.close()
  }

  #takeTurn(count: number): void {
    this.#turn += 1
    const due = this.#due.get(this.#turn)
    this.#due.delete(this.#turn)
    for (const [engine, results] of due ?? []) this.#happened({ type: 'ended', engine, results })
    const tasks = Array.from({ length: count }, () => {
      this.#submitted += 1
      const label = `kind ${this.#submitted % this.#load.labels}`
      return { id: taskId(session, this.#submitted), client: session, body: undefined, label }
    })
    if (tasks.length > 0) this.#happened({ type: 'submit', tasks })
  }

  #happened(event: SchedulerEvent): void {
    const { collector } = this.dashboard
    collector.happening([event])
    const effects = step(this.#core, event, systemClock.now())
    collector.performing(effects)
    for (const effect of effects)
      if (effect.type === 'assign') this.#begin(effect.engine, effect.task.id, effect.attempt)
  }

  /** It ends after 20 to 100 ms; one in a thousand fails. */
  #begin(engine: number, id: AttemptResult['id'], attempt: number): void {
    this.#begun += 1
    const turns = 1 + (this.#begun % 5)
    const outcome = this.#begun % 1_000 === 0 ? 'failed' : 'succeeded'
    const result: AttemptResult = { id, attempt, outcome, durationMs: turns * turnMs, output: undefined }
    const turn = this.#due.get(this.#turn + turns) ?? new Map<number, AttemptResult[]>()
    this.#due.set(this.#turn + turns, turn)
    const results = turn.get(engine)
    if (results) results.push(result)
    else turn.set(engine, [result])
  }
}
