import type { EngineSpec } from './engine-spec.ts'
import type { TaskData, Workload } from './workload.ts'

/**
 * No schedule takes less from the first arrival to the last end: neither than the longest chain of tasks that wait for each other takes
 * on the fastest engine, counted from the arrival of its first, nor than all work takes with every core busy. Data travels at once.
 * Milliseconds.
 */
export function lowerBoundMs(
  { size, arrivalMs, durationMs, cores, data }: Workload,
  engines: readonly EngineSpec[],
): number {
  if (size === 0) return 0
  const speedMax = engines.reduce((most, { speed = 1 }) => Math.max(most, speed), 0)
  const power = engines.reduce((sum, { cores: offered = 1, speed = 1 }) => sum + offered * speed, 0)
  const chainMs = data === undefined ? durationMs : chains(durationMs, data)
  let first = Number.POSITIVE_INFINITY
  let last = 0
  let work = 0
  for (let task = 0; task < size; task += 1) {
    const at = arrivalMs[task] as number
    if (at < first) first = at
    last = Math.max(last, at + (chainMs[task] as number) / speedMax)
    work += (durationMs[task] as number) * (cores[task] as number)
  }
  return Math.max(last - first, work / power)
}

/** By task: the longest sum of durations from it, itself included, along tasks that wait for each other (its b-level). */
function chains(durationMs: Float64Array, data: TaskData): Float64Array {
  const { firstInput, inputs, producer, firstOutput, firstConsumer } = data
  const found = Float64Array.from(durationMs)
  const left = new Int32Array(durationMs.length)
  const free: number[] = []
  for (let task = 0; task < left.length; task += 1) {
    const from = firstConsumer[firstOutput[task] as number] as number
    left[task] = (firstConsumer[firstOutput[task + 1] as number] as number) - from
    if (left[task] === 0) free.push(task)
  }
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    for (let i = firstInput[task] as number; i < (firstInput[task + 1] as number); i += 1) {
      const before = producer[inputs[i] as number] as number
      found[before] = Math.max(found[before] as number, (durationMs[before] as number) + (found[task] as number))
      left[before] = (left[before] as number) - 1
      if (left[before] === 0) free.push(before)
    }
  }
  return found
}
