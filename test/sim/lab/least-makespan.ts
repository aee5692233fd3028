/** Of one task: how long it takes, and the tasks before it that must have ended. */
export interface BoundTask {
  readonly durationMs: number
  readonly after: readonly number[]
}

/**
 * The least time in which so many equal machines can do these tasks, by trying everything. Some best schedule starts tasks in some order
 * as early as that order lets them; in that order, which of the free machines a task takes makes no difference, since all that comes
 * later starts no sooner. So all orders are tried in which tasks come after those that they need.
 */
export function leastMakespan(tasks: readonly BoundTask[], machines: number): number {
  const endMs: (number | undefined)[] = tasks.map(() => undefined)
  const tails = tailsOf(tasks)
  let best = Number.POSITIVE_INFINITY
  const place = (left: number, freeMs: readonly number[], notBeforeMs: number, makespanMs: number): void => {
    if (left === 0) best = Math.min(best, makespanMs)
    tasks.forEach(({ durationMs, after }, task) => {
      if (endMs[task] !== undefined || after.some((other) => endMs[other] === undefined)) return
      const [first = 0, ...rest] = freeMs
      const start = after.reduce((most, other) => Math.max(most, endMs[other] as number), Math.max(first, notBeforeMs))
      if (start + (tails[task] as number) >= best) return
      endMs[task] = start + durationMs
      const free = [...rest, start + durationMs].sort((a, b) => a - b)
      place(left - 1, free, start, Math.max(makespanMs, start + durationMs))
      endMs[task] = undefined
    })
  }
  place(tasks.length, new Array<number>(machines).fill(0), 0, 0)
  return best
}

/** By task, the longest chain from it to an end, itself included. Tasks come after those that they need. */
export function tailsOf(tasks: readonly BoundTask[]): number[] {
  const tails = tasks.map(({ durationMs }) => durationMs)
  for (let task = tasks.length - 1; task >= 0; task -= 1) {
    for (const other of tasks[task]?.after ?? []) {
      tails[other] = Math.max(tails[other] as number, (tasks[other]?.durationMs ?? 0) + (tails[task] as number))
    }
  }
  return tails
}
