import { ConfigurationError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import type { ArrivalProcess } from './arrival-processes.ts'
import type { Distribution } from './distributions.ts'
import type { Workload } from './workload.ts'

/** What a workload is drawn from. */
export interface WorkloadSettings {
  readonly tasks: number
  /** In milliseconds, on an engine of speed 1. */
  readonly durations: Distribution
  /** Default: a batch, all at 0. */
  readonly arrivals?: ArrivalProcess
  /** Default 0. */
  readonly seed?: number | string
}

/**
 * Independent tasks of one core. Arrivals and durations are drawn from streams of their own: under one seed, another rate of arrivals
 * leaves every task its duration, and whatever strategy runs the workload, it is the same.
 */
export function generateWorkload({ tasks: size, durations, arrivals, seed = 0 }: WorkloadSettings): Workload {
  if (!Number.isInteger(size) || size < 0) {
    throw new ConfigurationError(`tasks must be a whole number from 0 on, not ${size}`)
  }
  const random = seededRandom(seed)
  const durationMs = new Float64Array(size)
  const stream = random.substream('durations')
  for (let task = 0; task < size; task += 1) durationMs[task] = durations.draw(stream)
  const arrivalMs = new Float64Array(size)
  const next = arrivals?.begin(random.substream('arrivals'))
  if (next !== undefined) for (let task = 0; task < size; task += 1) arrivalMs[task] = next()
  const estimateMs = new Float64Array(size).fill(Number.NaN)
  return { size, arrivalMs, durationMs, estimateMs, cores: new Int32Array(size).fill(1), data: undefined }
}
