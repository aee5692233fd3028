/** The levels that Estee computes, with its two faults, each of which can be mended. */
import type { Workload } from '../../../../sim/lab/workload.ts'

/** By task: who makes what it needs, once for each input; and who needs what it makes, once for each of its outputs. */
export interface Links {
  readonly parents: readonly (readonly number[])[]
  readonly children: readonly (readonly number[])[]
}

export function linksOf({ data, size }: Workload): Links {
  const none = Array.from({ length: size }, () => [])
  if (data === undefined) return { parents: none, children: none }
  const { firstInput, inputs, producer, firstOutput, firstConsumer, consumers } = data
  const parents = Array.from({ length: size }, (_, task) =>
    Array.from(inputs.subarray(firstInput[task], firstInput[task + 1]), (object) => producer[object] as number),
  )
  const children = Array.from({ length: size }, (_, task) =>
    Array.from(
      consumers.subarray(
        firstConsumer[firstOutput[task] as number] as number,
        firstConsumer[firstOutput[task + 1] as number] as number,
      ),
    ),
  )
  return { parents, children }
}

/**
 * Values along the graph. As published, a task waits for as many visits as it has links, but is visited once by each neighbour, so that with
 * two links to one neighbour its value is never handed on. Mended: once for each neighbour.
 */
function propagate(
  from: readonly (readonly number[])[],
  to: readonly (readonly number[])[],
  isMended: boolean,
  visit: (task: number, next: number) => void,
): void {
  const left = from.map((links) => (isMended ? new Set(links).size : links.length))
  const ready = left.flatMap((count, task) => (count === 0 ? [task] : []))
  for (let task = ready.pop(); task !== undefined; task = ready.pop()) {
    for (const next of new Set(to[task])) {
      visit(task, next)
      const count = (left[next] as number) - 1
      left[next] = count
      if (count === 0) ready.push(next)
    }
  }
}

export function publishedBottomLevels(
  { durationMs }: Workload,
  { parents, children }: Links,
  isMended: boolean,
): Float64Array {
  const level = durationMs.map((ms, task) => (children[task]?.length === 0 ? ms : 0))
  propagate(children, parents, isMended, (task, next) => {
    level[next] = Math.max(level[next] as number, (level[task] as number) + (durationMs[next] as number))
  })
  return level
}

export function publishedTopLevels(
  { durationMs }: Workload,
  { parents, children }: Links,
  isMended: boolean,
): Float64Array {
  const level = new Float64Array(durationMs.length)
  propagate(parents, children, isMended, (task, next) => {
    level[next] = Math.max(level[next] as number, (level[task] as number) + (durationMs[task] as number))
  })
  return level
}

/**
 * How late a task may begin. As published, the last tasks get their own earliest beginning, and the time is subtracted that the outputs of
 * the consumer take, all together. Mended: the length of the longest path, and the time that takes what travels to the consumer.
 */
export function publishedLatestStarts(
  workload: Workload,
  links: Links,
  bytesPerSecond: number,
  mended: { readonly levels: boolean; readonly alap: boolean },
): Float64Array {
  const { durationMs, data, size } = workload
  const { parents, children } = links
  const ms = (bytes: number) => (bytes / bytesPerSecond) * 1_000
  const largest = (from: number, to: number) => {
    let most = 0
    if (data === undefined) return most
    for (let i = data.firstInput[to] as number; i < (data.firstInput[to + 1] as number); i += 1) {
      const object = data.inputs[i] as number
      if (data.producer[object] === from) most = Math.max(most, data.bytes[object] as number)
    }
    return most
  }
  const outputs = (task: number) =>
    data === undefined
      ? 0
      : data.bytes.subarray(data.firstOutput[task], data.firstOutput[task + 1]).reduce((sum, bytes) => sum + bytes, 0)
  const earliest = new Float64Array(size)
  propagate(parents, children, mended.levels, (task, next) => {
    const at = (earliest[task] as number) + (durationMs[task] as number) + ms(largest(task, next))
    earliest[next] = Math.max(earliest[next] as number, at)
  })
  const end = earliest.reduce((last, at, task) => Math.max(last, at + (durationMs[task] as number)), 0)
  const latest = new Float64Array(size).fill(Number.POSITIVE_INFINITY)
  for (let task = 0; task < size; task += 1) {
    if (children[task]?.length === 0)
      latest[task] = mended.alap ? end - (durationMs[task] as number) : (earliest[task] as number)
  }
  propagate(children, parents, true, (task, next) => {
    const travelMs = mended.alap ? ms(largest(next, task)) : ms(outputs(task))
    latest[next] = Math.min(latest[next] as number, (latest[task] as number) - travelMs - (durationMs[next] as number))
  })
  return latest
}
