import { ConfigurationError } from '../../core/errors.ts'
import { ClusterModel, type ClusterModelOptions } from './cluster-model.ts'
import type { Workload } from './workload.ts'

/** Where each task runs, and in which order: everything is assigned at time 0. By task. */
export interface Plan {
  readonly engine: ArrayLike<number>
  /** Higher goes first at its engine. Default: all alike, so first ready, first served. */
  readonly priority?: ArrayLike<number> | undefined
  /** While it waits for room, no task at its engine begins whose priority is lower than this. Default: 0. */
  readonly blocking?: ArrayLike<number> | undefined
}

/** When the tasks of a plan ran. */
export interface PlanRun {
  /** By task, in milliseconds. */
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  /** When the last task ended. */
  readonly makespanMs: number
  /** Of the objects that had travelled by then from one engine to another. */
  readonly bytesMoved: number
  readonly transfers: number
}

/**
 * Runs a workload as a plan says, without any scheduler. Times of arrival play no part.
 * @throws ConfigurationError where the plan names an engine that is not there, or one with too few cores or too little memory for the task
 */
export function simulatePlan(
  workload: Workload,
  plan: Plan,
  options: Omit<ClusterModelOptions, 'priority' | 'blocking' | 'notesBegun'>,
): PlanRun {
  const { size } = workload
  checkPlan(workload, plan, options)
  const priority = plan.priority && Float64Array.from(plan.priority)
  const blocking = plan.blocking && Float64Array.from(plan.blocking)
  const model = new ClusterModel(workload, {
    ...options,
    ...(priority ? { priority } : {}),
    ...(blocking ? { blocking } : {}),
  })
  const order = Array.from({ length: size }, (_, task) => task)
  if (priority !== undefined) order.sort((a, b) => (priority[b] as number) - (priority[a] as number))
  for (const task of order) model.assign(task, plan.engine[task] as number)
  model.settle()
  let ended = 0
  while (ended < size) {
    model.advance(model.nextMs)
    ended += model.ended.length
    model.ended.length = 0
    model.settle()
  }
  const { startMs, endMs, nowMs: makespanMs, bytesMoved, transfers } = model
  return { startMs, endMs, makespanMs, bytesMoved, transfers }
}

function checkPlan(
  { size, cores, memoryBytes }: Workload,
  plan: Plan,
  { engines }: Pick<ClusterModelOptions, 'engines'>,
): void {
  for (const [column, values] of Object.entries(plan) as [string, ArrayLike<number> | undefined][]) {
    if (values !== undefined && values.length !== size) {
      throw new ConfigurationError(`plan.${column} is for ${values.length} tasks; the workload has ${size}`)
    }
  }
  for (let task = 0; task < size; task += 1) {
    const engine = engines[plan.engine[task] as number]
    if (engine === undefined) {
      const there = `engines are numbered 0 to ${engines.length - 1}`
      throw new ConfigurationError(`plan.engine: task ${task} goes to engine ${plan.engine[task]}, but ${there}`)
    }
    const { cores: offered = 1, memoryBytes: memory = Infinity } = engine
    const bytes = memoryBytes?.[task] ?? 0
    if (bytes > memory) {
      const lacking = `which has ${memory} bytes of memory; it needs ${bytes}`
      throw new ConfigurationError(`plan.engine: task ${task} goes to engine ${plan.engine[task]}, ${lacking}`)
    }
    if ((cores[task] as number) > offered) {
      const lacking = `which has ${offered} cores; it needs ${cores[task]}`
      throw new ConfigurationError(`plan.engine: task ${task} goes to engine ${plan.engine[task]}, ${lacking}`)
    }
  }
}
