import { type Metrics, metricsOf, taskColumns } from '../metrics.ts'
import type { WorkloadRun } from '../simulate-workload.ts'
import { warmUpLength } from '../statistics/warm-up.ts'
import { type Gantt, ganttOf } from './gantt.ts'

/** At which shares of the tasks `quantiles` are given: 0, 0.01, …, 0.99, 0.995, 0.999, 1. */
export const quantileShares: readonly number[] = [...Array.from({ length: 100 }, (_, i) => i / 100), 0.995, 0.999, 1]

/**
 * What is left out of response, wait and slowdown at the beginning, since the system begins empty: what MSER-5 finds in the response times, in order of
 * arrival (White, Cobb, Spratt 2000), or a share of the tasks, 0 to below 1.
 */
export type WarmUp = 'mser' | number

/** What is kept of one run: plain data. */
export interface RunResult {
  readonly metrics: Metrics
  /** How many tasks were left out as the warm-up. */
  readonly warmUpTasks: number
  /** Whether MSER-5 found no end of the warm-up in the first half, of which all was left out then. */
  readonly isTooShort: boolean
  readonly responseQuantilesMs: readonly number[]
  readonly waitQuantilesMs: readonly number[]
  readonly gantt?: Gantt
}

export function resultOf(run: WorkloadRun, options: { readonly warmUp: WarmUp; readonly gantt: boolean }): RunResult {
  const { fromMs, ...warmUp } = warmUpOf(run, options.warmUp)
  const { responseMs, waitMs } = taskColumns(run, { fromMs })
  return {
    metrics: metricsOf(run, { fromMs }),
    ...warmUp,
    responseQuantilesMs: quantilesOf(responseMs),
    waitQuantilesMs: quantilesOf(waitMs),
    ...(options.gantt ? { gantt: ganttOf(run) } : {}),
  }
}

function warmUpOf({ workload, endMs }: WorkloadRun, warmUp: WarmUp) {
  const { size, arrivalMs } = workload
  if (warmUp === 0) return { fromMs: Number.NEGATIVE_INFINITY, warmUpTasks: 0, isTooShort: false }
  const order = Uint32Array.from({ length: size }, (_, task) => task)
  order.sort((a, b) => (arrivalMs[a] as number) - (arrivalMs[b] as number) || a - b)
  const half = Math.floor(size / 2)
  const found =
    warmUp === 'mser'
      ? warmUpLength(Float64Array.from(order, (task) => (endMs[task] as number) - (arrivalMs[task] as number)))
      : Math.floor(warmUp * size)
  const warmUpTasks = found ?? half
  const fromMs = arrivalMs[order[warmUpTasks] ?? -1] ?? Number.NEGATIVE_INFINITY
  return { fromMs, warmUpTasks, isTooShort: found === undefined }
}

/** Sorts the values. To 6 digits: they are for pictures. */
function quantilesOf(values: Float64Array): readonly number[] {
  values.sort()
  return quantileShares.map((share) =>
    Number((values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0).toPrecision(6)),
  )
}
