import type { WorkloadRun } from '../simulate-workload.ts'

/** Which core ran what, from the beginning on. */
export interface Gantt {
  /** How many lanes there are; one is a core of an engine, the cores of engine 0 first. */
  readonly lanes: number
  /** The first lane of each engine, by engine. */
  readonly firstLane: readonly number[]
  /** One for each core that a task occupies, ordered by when they begin. */
  readonly bars: readonly GanttBar[]
  /** Whether tasks are left out, which begin later, or on engines further down. */
  readonly isCut: boolean
}

/** Times are milliseconds of simulated time. */
export type GanttBar = readonly [lane: number, startMs: number, endMs: number, task: number]

const barsMax = 600
const lanesMax = 40

/** Of a run, as much of it as a picture can show: 600 bars on 40 lanes. */
export function ganttOf({ engines, engine, startMs, endMs, workload }: WorkloadRun): Gantt {
  const firstLane: number[] = []
  let all = 0
  for (const { cores = 1 } of engines) {
    firstLane.push(all)
    all += cores
  }
  const lanes = Math.min(all, lanesMax)
  const order = Array.from({ length: workload.size }, (_, task) => task)
    .filter((task) => (firstLane[engine[task] as number] as number) < lanes)
    .sort((a, b) => (startMs[a] as number) - (startMs[b] as number) || (endMs[a] as number) - (endMs[b] as number))
  const freeAt = new Float64Array(all).fill(Number.NEGATIVE_INFINITY)
  const bars: GanttBar[] = []
  let isCut = order.length < workload.size
  for (const task of order) {
    if (bars.length >= barsMax) {
      isCut = true
      break
    }
    const [start, end] = [startMs[task] as number, endMs[task] as number]
    const own = engine[task] as number
    const afterLast = firstLane[own + 1] ?? all
    let left = workload.cores[task] as number
    for (let lane = firstLane[own] as number; left > 0 && lane < afterLast; lane += 1) {
      if ((freeAt[lane] as number) > start) continue
      freeAt[lane] = end
      left -= 1
      if (lane < lanes) bars.push([lane, start, end, task])
    }
  }
  return { lanes, firstLane: firstLane.filter((lane) => lane < lanes), bars, isCut }
}
