import { nextDeadline } from '../../scheduler/deadlines.ts'
import type { InvariantCheck } from './invariant-check.ts'

/** Of time limits and of abort. */

/** Checks that a stale timer does nothing; queue timers never fire for a running task. */
export const staleTimersDoNothing: InvariantCheck = {
  number: 17,
  sentence: 'a stale timer does nothing; queue timers never fire for a running task',
  *onEffect(effect, step, { ledger }) {
    if (effect.type !== 'end' || effect.task.fault?.code !== 'YM_QUEUE_TIMEOUT') return
    const task = ledger.tasks.get(effect.task.id)
    if (task === undefined || step.expired.includes(task)) return
    if (!task.overdue) yield `${task.id} timed out in the queue, though it had begun in time, or has no limit`
  },
  *afterStep({ event, effects, expired, overdue, answered }, { ledger, state }) {
    for (const { id, reply } of expired)
      if (reply?.code !== 'YM_QUEUE_TIMEOUT') yield `the queue timeout of ${id} has passed, and it was not ended`
    for (const { id, asked, begun, outcome } of overdue)
      if (asked === 'nothing' && !begun && outcome === undefined) yield `${id} is overdue, and was not called back`
    for (const { id, task } of answered)
      if (task.overdue && task.reply === undefined) yield `${id} came back after its queue timeout, and goes on`
    const due = expired.length + overdue.length
    if (event.type === 'tick' && due === 0 && effects.length > 0)
      yield `a tick at which nothing was due had the effect '${effects[0]?.type}'`
    const [held, expected] = [nextDeadline(state) ?? Number.POSITIVE_INFINITY, ledger.nextDeadline()]
    if (held !== expected) yield `the next deadline is ${expected}, and taken for ${held}`
  },
}

/** Checks that an aborted task that had not begun never runs. */
export const abortedNeverBegins: InvariantCheck = {
  number: 18,
  sentence: 'an aborted task that had not begun never runs',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'assign') return
    const task = ledger.tasks.get(effect.task.id)
    if (task?.abortAsked && task.reply !== undefined) yield `aborted ${task.id} was sent to engine ${effect.engine}`
  },
  *afterStep({ aborted }) {
    for (const { task, attempt } of aborted) {
      if (attempt?.begun) continue
      if (task.reply?.status !== 'aborted') yield `${task.id} was aborted before it began, and goes on`
      if (attempt !== undefined && attempt.asked !== 'cancel')
        yield `${task.id} was aborted, and engine ${attempt.engine} not told`
    }
  },
}

/** Checks that an aborted task is not retried. */
export const abortedIsNotRetried: InvariantCheck = {
  number: 19,
  sentence: 'an aborted task is not retried',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'assign') return
    const task = ledger.tasks.get(effect.task.id)
    if (task?.abortAsked && task.reply === undefined)
      yield `aborted ${task.id} was sent to engine ${effect.engine} again`
  },
  *afterStep({ aborted, answered }) {
    for (const { task, attempt } of aborted) {
      if (!attempt?.begun) continue
      if (attempt.asked !== 'cancel') yield `running ${task.id} was aborted, and engine ${attempt.engine} not told`
      if (task.reply !== undefined) yield `running ${task.id} ended before its engine had stopped it`
    }
    for (const { task, outcome } of answered) {
      if (!task.abortAsked && outcome !== 'aborted') continue
      const expected = outcome === 'succeeded' ? 'succeeded' : 'aborted'
      if (task.reply?.status !== expected) yield `aborted ${task.id} should be ${expected} when it is ${outcome}`
    }
  },
}

/** Checks that abort([]) does nothing, nor does aborting what is unknown or has ended. */
export const abortOfNothing: InvariantCheck = {
  number: 20,
  sentence: 'abort([]) does nothing, nor does aborting what is unknown or has ended',
  *afterStep({ event, aborted, answered, expired, overdue, effects, ended }) {
    const isIdle = aborted.length + expired.length + overdue.length === 0
    if (event.type === 'abort' && isIdle && effects.length > 0)
      yield `an abort of nothing had the effect '${effects[0]?.type}'`
    for (const task of ended) {
      if (task.reply?.status !== 'aborted') continue
      const isNamed = aborted.some((one) => one.task === task) || answered.some((one) => one.task === task)
      if (!isNamed) yield `${task.id} was aborted, and nobody asked for that`
    }
  },
}
