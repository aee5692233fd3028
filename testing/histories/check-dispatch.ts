import type { SchedulerState } from '../../scheduler/state.ts'
import { currentAttempt, type TaskAccount } from './accounts.ts'
import { hasRoom } from './check-places.ts'
import type { InvariantCheck } from './invariant-check.ts'
import type { Ledger } from './ledger.ts'
import { isBound, isEligible, isReady, placesOf, verdictOf } from './prospects.ts'

/** Of which task goes where, and when. */

/** Checks that dispatch goes only to a live engine, in targets, that has not refused, with after and follow satisfied. */
export const dispatchIsEligible: InvariantCheck = {
  number: 13,
  sentence: 'dispatch goes only to a live engine, in targets, that has not refused, with after and follow satisfied',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'assign') return
    const { engine } = effect
    const { id } = effect.task
    const task = ledger.tasks.get(id)
    if (task === undefined) {
      yield `${id}, which was never accepted, was sent to engine ${engine}`
      return
    }
    const { targets = [] } = task.spec
    const sent = `${id} was sent to engine ${engine}`
    if (!ledger.engines.has(engine)) yield `${sent}, which is not there`
    if (targets.length > 0 && !targets.includes(engine)) yield `${sent}, and its targets are ${targets}`
    if (task.refusedBy.has(engine)) yield `${sent}, which refused it`
    for (const dependency of task.dependencies) {
      const { ids } = dependency.spec
      if (verdictOf(dependency) !== 'met') yield `${sent} before ${ids} ended as asked`
      else if (dependency.where && !placesOf(dependency).has(engine)) yield `${sent}, and ${ids} ran elsewhere`
    }
  },
}

/** Checks that tasks with equal constraints and priority are dispatched in order of submission. */
export const orderAmongEquals: InvariantCheck = {
  number: 15,
  sentence: 'tasks with equal constraints and priority are dispatched in order of submission',
  *onEffect(effect, _step, { ledger, state }) {
    // A strategy that ranks tasks has an order of its own.
    if (effect.type !== 'assign' || state.strategy.run.rank !== undefined) return
    const task = ledger.tasks.get(effect.task.id)
    if (task === undefined) return
    const places = eligibleEngines(ledger, task)
    const isLeaving = ledger.engines.get(effect.engine)?.stage === 'draining'
    for (const other of ledger.pending) {
      if (other === task || other.spec.direct !== task.spec.direct || isPassedBy(state, other)) continue
      if (!precedes(other, task) || !isReady(other)) continue
      if (eligibleEngines(ledger, other) !== places) continue
      // What could go to engines to come is none of its business.
      if (isLeaving && !isBound(ledger, other, effect.engine)) continue
      yield `${task.id} was sent before ${other.id}, whose turn it was`
      return
    }
  },
}

function precedes(a: TaskAccount, b: TaskAccount): boolean {
  const [priorityA, priorityB] = [a.spec.priority ?? 0, b.spec.priority ?? 0]
  return priorityA === priorityB ? a.order < b.order : priorityA > priorityB
}

function eligibleEngines(ledger: Ledger, task: TaskAccount): string {
  return [...ledger.engines.keys()].filter((engine) => isEligible(ledger, task, engine)).join()
}

function isPassedBy(state: SchedulerState, { id }: TaskAccount): boolean {
  return state.tasks.get(id)?.lane === 'passed'
}

/** Checks that no eligible ready task waits while an eligible engine is below its mark, unless the strategy lets it wait for what is under way. */
export const workIsConserved: InvariantCheck = {
  number: 16,
  sentence:
    'no eligible ready task waits while an eligible engine is below its mark, unless the strategy lets it wait for what is under way',
  *afterStep(_step, { ledger, state }) {
    const open = [...ledger.engines.values()].filter((engine) => hasRoom(engine, state.engines.get(engine.id)))
    if (open.length === 0) return
    for (const task of ledger.pending) {
      if (currentAttempt(task) !== undefined) continue
      if (state.load > 0 && (state.ready.isHeld || isPassedBy(state, task))) continue
      const engine = open.find(({ id }) => isEligible(ledger, task, id))
      if (engine !== undefined) yield `${task.id} waits, though engine ${engine.id} has room for it`
    }
  },
}
