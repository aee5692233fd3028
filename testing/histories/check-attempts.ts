import type { Attempt, ObservedStep, TaskAccount } from './accounts.ts'
import { isUnplaceable } from './check-dependencies.ts'
import type { InvariantCheck, Scene } from './invariant-check.ts'
import { isRefusedEverywhere } from './prospects.ts'

/** Of attempts that went wrong, and what becomes of their task. */

/** Checks that failed attempts ≤ retries + 1; the final error is the last real error. */
export const attemptsWithinRetries: InvariantCheck = {
  number: 11,
  sentence: 'failed attempts ≤ retries + 1; the final error is the last real error',
  *onEffect(effect, step, { ledger }) {
    if (effect.type !== 'end') return
    const { id, status, fault, output } = effect.task
    const task = ledger.tasks.get(id)
    if (task === undefined || status === 'succeeded') return
    const { errors, report } = task
    const { retries = 0 } = task.spec
    const isOwn = (status === 'failed' && fault === undefined) || fault?.code === 'YM_RUN_TIMEOUT'
    if (!isOwn) {
      const isPlaceless = status === 'impossible' || fault?.code === 'YM_UNMET_DEPENDENCY'
      if (errors > 0 && isPlaceless) yield `${id} ended as ${fault?.code}, though it had failed by itself before`
      return
    }
    if (errors <= retries && !isUnplaceable(ledger, step, task) && !isRefusedEverywhere(ledger, task))
      yield `${id} ended after ${errors} errors, with ${retries} retries`
    if (report?.outcome !== (status === 'failed' ? 'failed' : 'timedOut'))
      yield `${id} ended as ${status}, and its last error says ${report?.outcome}`
    else if (status === 'failed' && output !== report.output) yield `the error of ${id} is not its last one`
  },
  *afterStep(_step, { ledger }) {
    for (const { id, errors, spec } of ledger.pending)
      if (errors > (spec.retries ?? 0)) yield `${id} goes on after ${errors} errors, with ${spec.retries ?? 0} retries`
  },
}

/** Checks that an unmet functional dependency and an engine's loss use no retry. */
export const othersFaultsUseNoRetry: InvariantCheck = {
  number: 12,
  sentence: "an unmet functional dependency and an engine's loss use no retry",
  *onEffect(effect, step, { ledger }) {
    if (effect.type !== 'end' || effect.task.fault !== undefined || effect.task.status !== 'failed') return
    const answer = step.answered.find((attempt) => attempt.id === effect.task.id)
    const task = ledger.tasks.get(effect.task.id)
    if (task === undefined || (answer?.outcome !== 'unmet' && answer?.outcome !== 'lost')) return
    if (!isUnplaceable(ledger, step, task) && !isRefusedEverywhere(ledger, task))
      yield `${task.id} ended by an error of its own when it was ${answer.outcome}`
  },
  *afterStep(_step, { ledger, state }) {
    for (const { id, errors, losses } of ledger.pending) {
      const record = state.tasks.get(id)
      if (record?.failures !== errors) yield `${id} failed ${errors} times, and ${record?.failures} are counted`
      if (record?.losses !== losses) yield `${id} lost ${losses} engines, and ${record?.losses} are counted`
    }
  },
}

/** Checks that after an engine's loss each of its tasks is resolved exactly once. */
export const lossResolvedOnce: InvariantCheck = {
  number: 21,
  sentence: "after an engine's loss each of its tasks is resolved exactly once",
  *afterStep(step, scene) {
    if (step.event.type === 'engineLeft' && scene.state.engines.has(step.event.engine))
      yield `engine ${step.event.engine} has left, and is still there`
    for (const attempt of step.answered) if (attempt.outcome === 'lost') yield* wronglyResolved(attempt, step, scene)
  },
}

function* wronglyResolved({ task }: Attempt, step: ObservedStep, { ledger, state }: Scene): Iterable<string> {
  const { id, reply } = task
  const ends = step.effects.filter((effect) => effect.type === 'end' && effect.task.id === id).length
  const sent = step.sent.filter((attempt) => attempt.task === task).length
  if (ends + sent > 1) yield `${id} was resolved ${ends + sent} times`
  const record = state.tasks.get(id)
  const at = [...state.engines.values()].filter(
    (engine) => record !== undefined && [...engine.tasks, ...engine.direct].includes(record),
  ).length
  if (reply === undefined && record?.status !== 'ready' && sent === 0) yield `lost ${id} is ${record?.status}`
  if (at !== sent) yield `lost ${id} was sent to ${sent} engines, and is at ${at}`
  const code = verdictOfLoss(task, state.engineLossLimit)
  if (code !== 'nothing' && reply?.code !== code) yield `lost ${id} should end as ${code}, not ${reply?.code}`
  if (code !== 'nothing' || reply === undefined) return
  if (!isUnplaceable(ledger, step, task) && !isRefusedEverywhere(ledger, task))
    yield `lost ${id} ended as ${reply.code}`
}

function verdictOfLoss({ abortAsked, overdue, spec, losses, reply }: TaskAccount, limit: number): string {
  if (abortAsked) return 'YM_ABORTED'
  // A reply voids the deadline, so that one can no longer tell whether it had passed.
  if (overdue || reply?.code === 'YM_QUEUE_TIMEOUT') return 'YM_QUEUE_TIMEOUT'
  return spec.direct || spec.retryOnEngineLoss === false || losses >= limit ? 'YM_ENGINE_LOST' : 'nothing'
}
