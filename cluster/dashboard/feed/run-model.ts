import type { HistogramNews, Update } from './messages.ts'
import type { Bar, EngineLine, OpenBar, Point, Run, TaskError } from './run.ts'
import { thinnedBars, thinnedPoints } from './thinning.ts'

/** How much of a run is kept. */
export const bounds = {
  points: 1_200,
  errors: 200,
  sessions: 200,
  labels: 2_000,
  departed: 1_000,
  changes: 200,
} as const

/** A run that goes on. Controller and page apply the same updates to it, so that both have the same. */
export class RunModel {
  readonly #barsMax: number
  readonly #fixed: Run
  readonly #engines: Map<number, EngineLine>
  readonly #labels: string[]
  #bars: Bar[]
  #points: readonly Point[]
  #errors: readonly TaskError[]
  #changes: Run['changes']
  #departed: number
  #last: Pick<Run, 'nowMs' | 'counts' | 'submitted' | 'memory' | 'open' | 'sessions'>

  /** @param barsMax how many bars are kept */
  constructor(run: Run, barsMax: number) {
    this.#barsMax = barsMax
    this.#fixed = run
    this.#engines = new Map(run.engines.map((engine) => [engine.id, engine]))
    this.#labels = [...run.labels]
    this.#bars = [...run.bars]
    this.#points = run.points
    this.#errors = run.errors
    this.#changes = run.changes
    this.#departed = run.engines.filter(({ left }) => left).length
    this.#last = run
  }

  /** As it is now. Its lists change no more, but for bars, labels and histograms. */
  get run(): Run {
    const { nowMs, counts, submitted, memory, open, sessions } = this.#last
    return {
      ...this.#fixed,
      nowMs,
      counts,
      submitted,
      memory,
      open,
      sessions,
      strategy: this.#changes.at(-1)?.[1] ?? this.#fixed.strategy,
      changes: this.#changes,
      labels: this.#labels,
      engines: [...this.#engines.values()],
      points: this.#points,
      bars: this.#bars,
      errors: this.#errors,
    }
  }

  engine(id: number): EngineLine | undefined {
    return this.#engines.get(id)
  }

  apply(update: Update): void {
    const { nowMs, counts, submitted, memory, open, sessions = this.#last.sessions } = update
    this.#last = { nowMs, counts, submitted, memory, open: open as readonly OpenBar[], sessions }
    this.#labels.push(...update.labels)
    for (const engine of update.joined) this.#engines.set(engine.id, engine)
    for (const [id, load, mark, direct, completed, failed, busyMs] of update.engines) {
      const line = this.#engines.get(id)
      if (line) this.#engines.set(id, { ...line, load, mark, direct, completed, failed, busyMs })
    }
    for (const [id, at, reason] of update.left) this.#left(id, at, reason)
    for (const bar of update.bars) this.#bars.push(bar)
    this.#bars = thinnedBars(this.#bars, nowMs, this.#barsMax) as Bar[]
    if (update.point) this.#points = thinnedPoints([...this.#points, update.point], bounds.points)
    if (update.errors.length > 0) this.#errors = [...this.#errors, ...update.errors].slice(-bounds.errors)
    if (update.changes.length > 0) this.#changes = [...this.#changes, ...update.changes].slice(-bounds.changes)
    const { wait, run, latency } = this.#fixed.histograms
    count(wait, update.wait)
    count(run, update.run)
    count(latency, update.latency)
  }

  #left(id: number, at: number, reason: string): void {
    const line = this.#engines.get(id)
    if (line === undefined || line.left) return
    this.#engines.set(id, { ...line, load: 0, direct: 0, left: [at, reason] })
    this.#departed += 1
    if (this.#departed <= bounds.departed) return
    for (const [oldest, { left }] of this.#engines) {
      if (left === undefined) continue
      this.#engines.delete(oldest)
      this.#departed -= 1
      return
    }
  }
}

function count(counts: number[], news: HistogramNews): void {
  for (let i = 0; i < news.length; i += 2) {
    const bucket = news[i] as number
    counts[bucket] = (counts[bucket] ?? 0) + (news[i + 1] as number)
  }
}
