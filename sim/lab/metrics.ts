import { lowerBoundMs } from './lower-bound.ts'
import type { WorkloadRun } from './simulate-workload.ts'

/** Of a number for each task. A percentile is the least of them that so many percent do not exceed. */
export interface Summary {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What a run of the lab came to, in the measures of the literature. */
export interface Metrics {
  /** From the first arrival to the last end. */
  readonly makespanMs: number
  /** What no schedule can take less than, and how often the makespan is that. */
  readonly lowerBoundMs: number
  readonly makespanRatio: number
  /** From arrival to end. */
  readonly responseMs: Summary
  /** From arrival to when it began, what it needed others for included. */
  readonly waitMs: Summary
  /**
   * Response / run time, where what runs shorter than 10 s counts as 10 s, and nothing is below 1.
   * Source: Feitelson, Rudolph, Metrics and Benchmarking for Parallel Job Scheduling, 1998.
   */
  readonly boundedSlowdown: Summary
  /** The part of the makespan in which cores were busy, over all cores. */
  readonly utilisation: number
  /** Jain's index of how evenly engines were busy, for each of their cores: 1 all alike, 1/n all work at one. */
  readonly loadFairness: number
  readonly bytesMoved: number
  readonly transfers: number
  readonly decisions: number
  readonly messagesPerTask: number
}

/** Below this a run counts as so long, in `boundedSlowdown`. */
const slowdownBoundMs = 10_000

/** By task, of those that count. */
interface TaskColumns {
  readonly responseMs: Float64Array
  readonly waitMs: Float64Array
  readonly boundedSlowdown: Float64Array
}

/** Which part of a run is measured. */
export interface MetricsOptions {
  /** What arrives before that is left out of response, wait and slowdown: the system begins empty. Default: nothing is. */
  readonly fromMs?: number
}

/** What a run was like. Percentiles take a sort of each column. */
export function metricsOf(run: WorkloadRun, options: MetricsOptions = {}): Metrics {
  const { workload, engines, endMs, busyMs } = run
  const { size, arrivalMs } = workload
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (let task = 0; task < size; task += 1) {
    first = Math.min(first, arrivalMs[task] as number)
    last = Math.max(last, endMs[task] as number)
  }
  const { responseMs, waitMs, boundedSlowdown } = taskColumns(run, options)
  const makespanMs = size === 0 ? 0 : last - first
  const bound = lowerBoundMs(workload, engines)
  const cores = engines.reduce((sum, { cores: offered = 1 }) => sum + offered, 0)
  return {
    makespanMs,
    lowerBoundMs: bound,
    makespanRatio: makespanMs / bound,
    responseMs: summaryOf(responseMs),
    waitMs: summaryOf(waitMs),
    boundedSlowdown: summaryOf(boundedSlowdown),
    utilisation: sumOf(busyMs) / (cores * makespanMs),
    loadFairness: jainIndex(busyMs.map((ms, engine) => ms / (engines[engine]?.cores ?? 1))),
    bytesMoved: run.bytesMoved,
    transfers: run.transfers,
    decisions: run.decisions,
    messagesPerTask: run.messages / size,
  }
}

/** @internal */
export function taskColumns(run: WorkloadRun, { fromMs = Number.NEGATIVE_INFINITY }: MetricsOptions = {}): TaskColumns {
  const { workload, startMs, endMs } = run
  const { size, arrivalMs } = workload
  const response = new Float64Array(size)
  const wait = new Float64Array(size)
  const slowdown = new Float64Array(size)
  let count = 0
  for (let task = 0; task < size; task += 1) {
    const [arrival, start, end] = [arrivalMs[task] as number, startMs[task] as number, endMs[task] as number]
    if (arrival < fromMs) continue
    response[count] = end - arrival
    wait[count] = start - arrival
    slowdown[count] = Math.max(1, (end - arrival) / Math.max(end - start, slowdownBoundMs))
    count += 1
  }
  return {
    responseMs: response.subarray(0, count),
    waitMs: wait.subarray(0, count),
    boundedSlowdown: slowdown.subarray(0, count),
  }
}

/**
 * (Σx)² / (n Σx²): 1 where all are equal, 1/n where one has everything.
 * Source: Jain, Chiu, Hawe, A Quantitative Measure of Fairness, DEC-TR-301, 1984.
 */
export function jainIndex(values: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < values.length; i += 1) {
    sum += values[i] as number
    squares += (values[i] as number) ** 2
  }
  return squares === 0 ? 1 : sum ** 2 / (values.length * squares)
}

/** NaN of nothing. Sorts the values. */
function summaryOf(values: Float64Array): Summary {
  const mean = sumOf(values) / values.length
  values.sort()
  const percentile = (percent: number) => values[Math.ceil((percent / 100) * values.length) - 1] ?? Number.NaN
  return { mean, p50: percentile(50), p95: percentile(95), p99: percentile(99), max: percentile(100) }
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}
