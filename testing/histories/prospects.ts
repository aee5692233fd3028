import type { EngineId } from '../../core/ids.ts'
import { noEngine } from '../../scheduler/task.ts'
import { isInCircle, type Stuck, stuckAmong } from '../circles.ts'
import { currentAttempt, type DependencyAccount, type TaskAccount } from './accounts.ts'
import type { Ledger } from './ledger.ts'

/**
 * What may still become of a task, read off the ledger by the plainest rules that say so. Nothing is remembered: every
 * answer is worked out from scratch.
 */

export type Verdict = 'open' | 'met' | 'unreachable'

/** How one named task stands to what is asked of it. */
function standing({ spec, where }: DependencyAccount, task: TaskAccount | undefined): 'open' | 'right' | 'wrong' {
  if (task === undefined) return 'wrong'
  if (task.reply === undefined) return 'open'
  const asAsked = task.reply.status === 'succeeded' ? spec.success : spec.failure
  return asAsked && !(where && task.reply.engine === noEngine) ? 'right' : 'wrong'
}

export function verdictOf(dependency: DependencyAccount): Verdict {
  const { spec, where, tasks, assumedAt } = dependency
  if (!spec.success && !spec.failure) return 'unreachable'
  if (assumedAt !== undefined) return 'met'
  const standings = tasks.map((task) => standing(dependency, task))
  if (!spec.all) {
    if (standings.includes('right')) return 'met'
    return standings.includes('open') ? 'open' : 'unreachable'
  }
  if (standings.includes('wrong')) return 'unreachable'
  if (where && placesOf(dependency).size > 1) return 'unreachable'
  return standings.includes('open') ? 'open' : 'met'
}

/** Where those ran that ended as asked. */
export function placesOf(dependency: DependencyAccount): Set<EngineId> {
  if (dependency.assumedAt !== undefined) return new Set([dependency.assumedAt])
  const right = dependency.tasks.filter((task) => standing(dependency, task) === 'right')
  return new Set(right.map((task) => task?.reply?.engine ?? noEngine))
}

/** Those it names that have not ended. */
function openTasks({ tasks, assumedAt }: DependencyAccount): TaskAccount[] {
  if (assumedAt !== undefined) return []
  return tasks.filter((task): task is TaskAccount => task !== undefined && task.reply === undefined)
}

/** All that it waits for has come about; where is another matter. */
export function isReleased(task: TaskAccount): boolean {
  return task.dependencies.every((dependency) => verdictOf(dependency) === 'met')
}

/** It may be sent to that engine now, room apart. */
export function isEligible(ledger: Ledger, task: TaskAccount, engine: EngineId): boolean {
  if (!ledger.engines.has(engine) || task.refusedBy.has(engine)) return false
  const { targets = [] } = task.spec
  if (targets.length > 0 && !targets.includes(engine)) return false
  return task.dependencies.every(
    (dependency) => verdictOf(dependency) === 'met' && (!dependency.where || placesOf(dependency).has(engine)),
  )
}

/** That engine may take it now, and none of those that stay: it names places, or they have all refused it. */
export function isBound(ledger: Ledger, task: TaskAccount, engine: EngineId): boolean {
  if (!isEligible(ledger, task, engine)) return false
  const staying = [...ledger.engines.values()].filter(({ stage }) => stage === 'serving')
  if (staying.some(({ id }) => isEligible(ledger, task, id))) return false
  const namesPlaces = (task.spec.targets ?? []).length > 0 || task.dependencies.some(({ where }) => where)
  return namesPlaces || (task.refusedBy.size > 0 && staying.length > 0)
}

/** There is an engine, live or to come, to which it may be sent as things stand, room apart. */
export function hasPlaceNow(ledger: Ledger, task: TaskAccount): boolean {
  return possibleEngines(ledger, task).some(
    (engine) =>
      !task.refusedBy.has(engine) &&
      task.dependencies.every((dependency) => !dependency.where || placesOf(dependency).has(engine)),
  )
}

/** It is at no engine, and waits for nothing but room. */
export function isReady(task: TaskAccount): boolean {
  return task.reply === undefined && currentAttempt(task) === undefined && isReleased(task)
}

/** Where it may ever be sent, refusals apart: engines that live and, as `ledger.nextEngine` and later, those to come. */
export function possibleEngines(ledger: Ledger, task: TaskAccount): EngineId[] {
  const { targets = [] } = task.spec
  const named = targets.length > 0 ? targets : [...ledger.engines.keys(), ledger.nextEngine]
  return [...new Set(named)].filter((engine) => {
    if (engine < ledger.nextEngine && !ledger.engines.has(engine)) return false
    return task.dependencies.every((dependency) => !dependency.where || couldBeAt(dependency, engine))
  })
}

function couldBeAt(dependency: DependencyAccount, engine: EngineId): boolean {
  const places = placesOf(dependency)
  if (places.has(engine)) return true
  return openTasks(dependency).length > 0 && (!dependency.spec.all || places.size === 0)
}

/** Every live engine that could take it has refused, and it is not to wait for one that may come. */
export function isRefusedEverywhere(ledger: Ledger, task: TaskAccount): boolean {
  if (task.refusedBy.size === 0) return false
  const possible = possibleEngines(ledger, task)
  const live = possible.filter((engine) => ledger.engines.has(engine))
  if (live.length === 0 || !live.every((engine) => task.refusedBy.has(engine))) return false
  return live.length === possible.length || task.spec.onUnmet !== 'wait'
}

/** One of its dependencies can no longer be met, or no engine is left for it. */
export function isHopeless(ledger: Ledger, task: TaskAccount): boolean {
  const unreachable = task.dependencies.some((dependency) => verdictOf(dependency) === 'unreachable')
  return unreachable || possibleEngines(ledger, task).length === 0
}

/**
 * The tasks that wait for each other, or for such, whatever else happens. What could end any way by other means (an abort,
 * a time limit) is no hope.
 */
export function findStuck(ledger: Ledger): Stuck<TaskAccount> {
  const waiting = [...ledger.pending].filter(
    (task) => task.dependencies.length > 0 && currentAttempt(task) === undefined,
  )
  return stuckAmong(waiting, (task, suspects) => lacking(ledger, task, suspects))
}

/** Those that are in a circle which nothing outside of it can release. */
export function findCircular(ledger: Ledger): TaskAccount[] {
  const stuck = findStuck(ledger)
  return [...stuck.keys()].filter((task) => isInCircle(task, stuck, (one, suspects) => lacking(ledger, one, suspects)))
}

/** Those among `suspects` without which it cannot come to run. */
function lacking(ledger: Ledger, task: TaskAccount, suspects: ReadonlySet<TaskAccount>): TaskAccount[] {
  const needed: TaskAccount[] = []
  for (const dependency of task.dependencies) {
    if (verdictOf(dependency) !== 'open') continue
    const open = openTasks(dependency)
    const within = open.filter((other) => suspects.has(other))
    if (dependency.spec.all || within.length === open.length) needed.push(...within)
  }
  if (!isReleased(task)) return needed
  if (hasPlaceNow(ledger, task)) return needed
  const open = task.dependencies.flatMap((dependency) => (dependency.where ? openTasks(dependency) : []))
  return open.every((other) => suspects.has(other)) ? open : needed
}
