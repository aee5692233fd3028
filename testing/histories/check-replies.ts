import type { Effect } from '../../scheduler/events.ts'
import { isTerminal } from '../../scheduler/transitions.ts'
import { currentAttempt, type ObservedStep } from './accounts.ts'
import type { InvariantCheck, Scene } from './invariant-check.ts'
import { hasPlaceNow, isReady } from './prospects.ts'

/** Of accepting, answering, and hearing things twice. */

/** Checks that every accepted task gets exactly one terminal reply. */
export const oneReply: InvariantCheck = {
  number: 1,
  sentence: 'every accepted task gets exactly one terminal reply',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'end') return
    const { id, status } = effect.task
    const task = ledger.tasks.get(id)
    if (task === undefined) yield `a reply for ${id}, which was never accepted`
    else if (task.reply !== undefined) yield `a second reply for ${id}`
    if (!isTerminal(status)) yield `${id} was replied to as ${status}`
  },
  *afterStep(step, { ledger, state }) {
    for (const { task, outcome } of step.answered) {
      if (outcome === 'succeeded' && task.reply?.status !== 'succeeded')
        yield `${task.id} succeeded, and was not told so`
    }
    for (const task of [...ledger.kept, ...ledger.stubs]) {
      const record = state.tasks.get(task.id)
      if (record !== undefined && task.reply !== undefined && record.status !== task.reply.status)
        yield `${task.id} ended as ${task.reply.status}, and is ${record.status} now`
    }
  },
  *atEnd({ ledger, state }) {
    for (const { id } of ledger.pending) yield `no reply for ${id}, which is ${state.tasks.get(id)?.status}`
  },
}

/** Checks that at most one live attempt a task; a result counts only for the current attempt. */
export const oneLiveAttempt: InvariantCheck = {
  number: 3,
  sentence: 'at most one live attempt a task; a result counts only for the current attempt',
  *onEffect(effect, step, { ledger }) {
    if (effect.type === 'assign') {
      const { id } = effect.task
      const task = ledger.tasks.get(id)
      if (task === undefined) return
      const out = currentAttempt(task)
      if (out !== undefined) yield `${id} was sent to ${effect.engine} while attempt ${out.attempt} is at ${out.engine}`
      if (task.reply !== undefined) yield `${id} was sent to ${effect.engine} after its end`
      if (effect.attempt !== task.attempts.length + 1)
        yield `attempt ${task.attempts.length + 1} of ${id} is numbered ${effect.attempt}`
    } else if (effect.type === 'end') yield* unfoundedEnd(effect, step, ledger)
  },
}

function* unfoundedEnd(
  { task: { id, status, output } }: Extract<Effect, { type: 'end' }>,
  step: ObservedStep,
  ledger: Scene['ledger'],
): Iterable<string> {
  const task = ledger.tasks.get(id)
  if (task === undefined || task.reply !== undefined) return
  const out = currentAttempt(task)
  const mayLeave = out === undefined || (!out.begun && step.aborted.some((one) => one.task === task))
  if (!mayLeave) yield `${id} ended as ${status} while its attempt ${out.attempt} is at engine ${out.engine}`
  if (status !== 'succeeded') return
  const answer = step.answered.find((attempt) => attempt.task === task)
  if (answer?.outcome !== 'succeeded') yield `${id} succeeded, though no engine says so of its current attempt`
  else if (output !== task.report?.output) yield `the result of ${id} is not that of its current attempt`
}

/** Checks that late and duplicate messages change nothing. */
export const lateNewsIsNothing: InvariantCheck = {
  number: 5,
  sentence: 'late and duplicate messages change nothing',
  *afterStep({ stale, unchanged, event, effects, expired, overdue }) {
    if (!stale || expired.length + overdue.length > 0) return
    if (effects.length > 0) yield `the late '${event.type}' had the effect '${effects[0]?.type}'`
    if (!unchanged) yield `the late '${event.type}' changed the scheduler's state`
  },
}

/** Checks that submitting either queues the task or replies. */
export const submissionIsAnswered: InvariantCheck = {
  number: 6,
  sentence: 'submitting either queues the task or replies',
  *afterStep({ event, accepted, refused, effects }, { ledger, state }) {
    for (const task of accepted) {
      const { id, reply } = task
      const record = state.tasks.get(id)
      if (record === undefined) yield `${id} was ${reply ? 'replied to' : 'accepted'} and is not known`
      else if (reply === undefined && isTerminal(record.status)) yield `${id} ended without a reply`
      else if (record.status === 'waiting' && isReady(task) && hasPlaceNow(ledger, task))
        yield `${id} waits for nothing`
    }
    const told = effects.flatMap((effect) => (effect.type === 'refuse' ? [effect.id] : []))
    if (told.join() !== refused.join())
      yield `'${event.type}' should refuse [${refused.join()}], and refuses [${told.join()}]`
  },
}
