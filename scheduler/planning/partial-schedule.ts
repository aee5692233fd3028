import { ConfigurationError } from '../../core/errors.ts'
import { canRun, type PlanningProblem, type Schedule } from './planning-problem.ts'
import { Timeline } from './timeline.ts'

/** `gaps`: a task may go between others that were placed before, if it fits. `end`: only after all that leave it no room. */
export type Policy = 'gaps' | 'end'

/** A schedule while it is made. */
export class PartialSchedule implements Schedule {
  readonly engine: Int32Array
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  readonly order: number[] = []
  /** Tasks whose parents are all placed, since whoever makes the schedule has emptied the list. */
  readonly ready: number[] = []
  readonly #problem: PlanningProblem
  readonly #timelines: readonly Timeline[]
  /** Of each task, how many of its parents are not placed. */
  readonly #unplaced: Int32Array

  constructor(problem: PlanningProblem) {
    const { graph, engineCores, timelines } = problem
    this.#problem = problem
    this.engine = new Int32Array(graph.size).fill(-1)
    this.startMs = new Float64Array(graph.size)
    this.endMs = new Float64Array(graph.size)
    this.#timelines = timelines ?? engineCores.map((cores) => new Timeline(cores))
    this.#unplaced = graph.firstParent.slice(1).map((end, task) => end - (graph.firstParent[task] as number))
    for (let task = 0; task < graph.size; task += 1) if (this.#unplaced[task] === 0) this.ready.push(task)
  }

  /** When all that the task needs is at the engine. Its parents must be placed. */
  dataMs(task: number, engine: number): number {
    const { graph, arrivalMs } = this.#problem
    const { firstParent, parents, transferMs } = graph
    let latest = arrivalMs?.(task, engine) ?? 0
    for (let edge = firstParent[task] as number; edge < (firstParent[task + 1] as number); edge += 1) {
      const parent = parents[edge] as number
      const endMs = this.endMs[parent] as number
      const atMs = this.engine[parent] === engine ? endMs : endMs + (transferMs[edge] as number)
      if (atMs > latest) latest = atMs
    }
    return latest
  }

  /** When it can begin there; Infinity: never. */
  earliestStartMs(task: number, engine: number, policy: Policy): number {
    const problem = this.#problem
    if (!canRun(problem, task, engine)) return Number.POSITIVE_INFINITY
    const timeline = this.#timelines[engine] as Timeline
    const cores = problem.graph.cores[task] as number
    const dataMs = this.dataMs(task, engine)
    if (policy === 'end') return timeline.earliestEnd(dataMs, cores)
    return timeline.earliestGap(dataMs, problem.costMs(task, engine), cores)
  }

  place(task: number, engine: number, startMs: number): void {
    const { graph, costMs } = this.#problem
    const endMs = startMs + costMs(task, engine)
    this.engine[task] = engine
    this.startMs[task] = startMs
    this.endMs[task] = endMs
    this.order.push(task)
    this.#timelines[engine]?.take(startMs, endMs, graph.cores[task] as number)
    for (let at = graph.firstChild[task] as number; at < (graph.firstChild[task + 1] as number); at += 1) {
      const child = graph.children[at] as number
      const left = (this.#unplaced[child] as number) - 1
      this.#unplaced[child] = left
      if (left === 0) this.ready.push(child)
    }
  }

  /** Places it where it begins, or ends, earliest; of equals at the engine with the lowest number. */
  placeEarliest(task: number, by: 'start' | 'end', policy: Policy): void {
    let best = -1
    let bestMs = Number.POSITIVE_INFINITY
    let bestStartMs = 0
    for (let engine = 0; engine < this.#timelines.length; engine += 1) {
      const startMs = this.earliestStartMs(task, engine, policy)
      const ms = by === 'start' ? startMs : startMs + this.#problem.costMs(task, engine)
      if (ms >= bestMs) continue
      best = engine
      bestMs = ms
      bestStartMs = startMs
    }
    if (best < 0) throw new ConfigurationError(`task ${task} can run on no engine`)
    this.place(task, best, bestStartMs)
  }
}
