import type { ErrorCode } from '../../core/errors.ts'
import type { EngineId } from '../../core/ids.ts'
import { noEngine } from '../../scheduler/task.ts'
import { currentAttempt, type TaskAccount } from './accounts.ts'
import type { InvariantCheck } from './invariant-check.ts'

/** Of tasks for one engine: a broadcast is one for each of several. */
export const broadcastIsAnswered: InvariantCheck = {
  number: 25,
  sentence: 'a broadcast returns exactly one entry per target, errors included',
  *onEffect(effect, step, { ledger }) {
    if (effect.type !== 'assign' && effect.type !== 'end') return
    const task = ledger.tasks.get(effect.task.id)
    if (!task?.spec.direct) return
    const target = targetOf(task)
    if (effect.type === 'assign') {
      if (effect.engine !== target) yield `${task.id} is for engine ${target}, and was sent to ${effect.engine}`
      if (!step.accepted.includes(task)) yield `${task.id} was not sent to engine ${target} at once`
      return
    }
    const entry = `the entry of ${task.id} for engine ${target}`
    if (task.reply !== undefined) yield `${entry} comes twice`
    if (task.attempts.length === 0 && (ledger.engines.get(target)?.stage ?? 'released') !== 'released')
      yield `${task.id} was not sent to engine ${target}, which is there`
    const [code, expected] = [effect.task.fault?.code ?? 'its own', codeOf(task)]
    if (code !== expected) yield `${entry} is ${code}, not ${expected}`
  },
  *afterStep(_step, { ledger }) {
    for (const task of ledger.pending) {
      if (!task.spec.direct) continue
      const attempt = currentAttempt(task)
      if (attempt === undefined) yield `${task.id} is neither at engine ${targetOf(task)} nor answered`
    }
  },
  *atEnd({ ledger }) {
    for (const task of ledger.tasks.values())
      if (task.spec.direct && task.reply === undefined)
        yield `there is no entry of ${task.id} for engine ${targetOf(task)}`
  },
}

function targetOf({ spec }: TaskAccount): EngineId {
  return spec.targets?.[0] ?? noEngine
}

/** What it must end with: it has one attempt at most, whose end is its own. */
function codeOf({ attempts, abortAsked, overdue }: TaskAccount): ErrorCode | 'its own' {
  const [attempt] = attempts
  if (attempt === undefined) return 'YM_ENGINE_LOST'
  const { outcome } = attempt
  if (outcome === 'succeeded') return 'its own'
  if (outcome === undefined || outcome === 'aborted' || abortAsked) return 'YM_ABORTED'
  if (outcome === 'failed') return 'its own'
  if (outcome === 'timedOut') return 'YM_RUN_TIMEOUT'
  if (overdue) return 'YM_QUEUE_TIMEOUT'
  return outcome === 'unmet' ? 'YM_UNMET_DEPENDENCY' : 'YM_ENGINE_LOST'
}
