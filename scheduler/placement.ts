import type { EngineId } from '../core/ids.ts'
import { anywhere, type Place } from './ready-queue.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'

/**
 * Where a task may go, now and ever. It is decided on facts: engines that left never return, numbers not given out yet may
 * still arrive, and a task that has not ended may end in any way, anywhere.
 */

/** `open`: something that can still happen lets it run. `refused`: every live engine that could take it has refused. */
export type Outlook = 'open' | 'refused' | 'impossible'

/** May a task be sent there now or later: it is alive or its number has not been given out. */
function canServe(state: SchedulerState, engine: EngineId): boolean {
  return engine >= state.nextEngine || state.engines.has(engine)
}

/** Every engine that could ever take the task, refusals apart; undefined: no bound. */
export function possibleEngines(state: SchedulerState, task: TaskRecord): EngineId[] | undefined {
  const follow = task.dependencies?.follow ?? []
  const placed = follow.find((spec) => spec.placed)
  const base = placed?.engines ?? (task.targets.length > 0 ? task.targets : undefined)
  return base?.filter(
    (engine) =>
      canServe(state, engine) &&
      (placed === undefined || task.targets.length === 0 || task.targets.includes(engine)) &&
      follow.every((spec) => spec.couldBe(engine)),
  )
}

export function outlook(state: SchedulerState, task: TaskRecord): Outlook {
  const possible = possibleEngines(state, task)
  const { trouble } = task
  if (trouble.refusedBy.length > 0) {
    task.trouble = { ...trouble, refusedBy: trouble.refusedBy.filter((engine) => state.engines.has(engine)) }
  }
  const refused = task.refusedBy
  if (possible === undefined) {
    const byAll = refused.length > 0 && refused.length === state.engines.size
    return byAll && task.onUnmet === 'fail' ? 'refused' : 'open'
  }
  const live = possible.filter((engine) => state.engines.has(engine))
  const final = live.length === possible.length
  if (live.length === 0 && final) return 'impossible'
  const byAll = live.length > 0 && live.every((engine) => refused.includes(engine))
  return byAll && (final || task.onUnmet === 'fail') ? 'refused' : 'open'
}

/** Where the task may go as things stand; `only` with no engine when nowhere. */
export function placeOf(state: SchedulerState, task: TaskRecord): Place {
  const follow = task.dependencies?.follow ?? []
  const base = follow[0]?.engines ?? (task.targets.length > 0 ? task.targets : undefined)
  const { refusedBy } = task
  if (base === undefined) return refusedBy.length === 0 ? anywhere : { kind: 'except', engines: refusedBy }
  const engines = base.filter(
    (engine) =>
      canServe(state, engine) &&
      !refusedBy.includes(engine) &&
      (task.targets.length === 0 || task.targets.includes(engine)) &&
      follow.every((spec) => spec.engines.includes(engine)),
  )
  return { kind: 'only', engines }
}
