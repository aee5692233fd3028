import { type Random, seededRandom } from '../../../core/random.ts'
import type { PlanningProblem, Schedule } from '../../../scheduler/planning/planning-problem.ts'
import { taskGraphOf } from '../../../scheduler/planning/task-graph.ts'

export interface Drawn {
  /** Of a task at most; default 1. */
  readonly cores?: number
  /** Of an engine at most; default 1. */
  readonly engineCores?: number
  /** Whether each pair of a task and an engine has a cost of its own; default true. */
  readonly isAnyMatrix?: boolean
}

/** A graph of up to 30 tasks on up to 4 engines. Small whole numbers, so that there are many ties; some tasks take no time. */
export function randomProblem(
  seed: number,
  { cores = 1, engineCores = 1, isAnyMatrix = true }: Drawn = {},
): PlanningProblem {
  const random = seededRandom(seed)
  const size = 1 + random.below(30)
  const names = shuffled(size, random)
  const parents = Array.from({ length: size }, () => [] as [number, number][])
  for (let i = 1; i < size; i += 1) {
    for (let count = random.below(4); count > 0; count -= 1) {
      parents[names[i] as number]?.push([names[random.below(i)] as number, random.below(6)])
    }
  }
  const offered = [engineCores, ...Array.from({ length: random.below(4) }, () => 1 + random.below(engineCores))]
  const durations = Array.from({ length: size }, () => random.below(8))
  const costs = durations.map((ms) => offered.map(() => (isAnyMatrix ? random.below(8) : ms)))
  return {
    graph: taskGraphOf(parents.map((list) => ({ cores: 1 + random.below(cores), parents: list }))),
    engineCores: offered,
    costMs: (task, engine) => costs[task]?.[engine] ?? Number.POSITIVE_INFINITY,
  }
}

function shuffled(size: number, random: Random): number[] {
  const list: number[] = []
  for (let i = 0; i < size; i += 1) list.splice(random.below(i + 1), 0, i)
  return list
}

/** What is wrong with a schedule; nothing, if it can be. */
export function faultsOf({ graph, engineCores, costMs }: PlanningProblem, schedule: Schedule): string[] {
  const { engine, startMs, endMs, order } = schedule
  const at = (values: ArrayLike<number>, i: number) => values[i] as number
  const faults: string[] = []
  if ([...order].sort((a, b) => a - b).join() !== Array.from(engine, (_, task) => task).join()) faults.push('order')
  for (let task = 0; task < graph.size; task += 1) {
    const on = at(engine, task)
    if (at(endMs, task) !== at(startMs, task) + costMs(task, on)) faults.push(`end of ${task}`)
    for (let edge = at(graph.firstParent, task); edge < at(graph.firstParent, task + 1); edge += 1) {
      const parent = at(graph.parents, edge)
      const travelMs = engine[parent] === on ? 0 : at(graph.transferMs, edge)
      if (at(startMs, task) < at(endMs, parent) + travelMs) faults.push(`${task} begins before ${parent} lets it`)
      if (order.indexOf(parent) > order.indexOf(task)) faults.push(`${task} is decided about before ${parent}`)
    }
    const there = Array.from(engine, (_, other) => other).filter(
      (other) =>
        engine[other] === on && at(startMs, other) <= at(startMs, task) && at(startMs, task) < at(endMs, other),
    )
    const taken = there.reduce((sum, other) => sum + at(graph.cores, other), 0)
    if (taken > (engineCores[on] ?? 0)) faults.push(`${taken} cores are taken at engine ${on}, at ${startMs[task]}`)
  }
  return faults
}
