import { currentAttempt, type TaskAccount } from './accounts.ts'
import type { InvariantCheck } from './invariant-check.ts'
import type { Ledger } from './ledger.ts'
import { isBound } from './prospects.ts'

/** Of engines that leave in order. */

/** Checks that a draining engine takes only what none of those that stay could take, and is let go once, when nothing is there and nothing needs it. */
export const drainingIsOrderly: InvariantCheck = {
  number: 28,
  sentence:
    'a draining engine takes only what none of those that stay could take, and is let go once, when nothing is there and nothing needs it',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type === 'assign') {
      const { engine, task } = effect
      const account = ledger.tasks.get(task.id)
      const stage = ledger.engines.get(engine)?.stage
      if (stage === 'released') yield `${task.id} was sent to engine ${engine}, which had been let go`
      else if (stage === 'draining' && account && !account.spec.direct && !isBound(ledger, account, engine))
        yield `${task.id} was sent to engine ${engine}, which is to leave, and others stay for it`
    } else if (effect.type === 'release') {
      const engine = ledger.engines.get(effect.engine)
      if (engine?.stage !== 'draining') yield `engine ${effect.engine} was let go, being ${engine?.stage ?? 'gone'}`
      // Nobody waits for an aborted direct task.
      else if ([...engine.attempts].some(({ task }) => !task.spec.direct || task.reply === undefined))
        yield `engine ${effect.engine} was let go with ${engine.attempts.size} attempts`
      for (const task of ledger.pending) {
        if (currentAttempt(task) === undefined && isBound(ledger, task, effect.engine))
          yield `engine ${effect.engine} was let go, and only it could take ${task.id}`
      }
    }
  },
  *afterStep(_step, { ledger }) {
    for (const { id, stage, attempts } of ledger.engines.values()) {
      if (stage === 'draining' && attempts.size === 0 && !mayBeNeeded(ledger))
        yield `engine ${id} is to leave, nothing is there and nothing can need it, and it is kept`
    }
  },
}

/** Only tasks that name places, or were refused somewhere, can need a particular engine. */
function mayBeNeeded(ledger: Ledger): boolean {
  return [...ledger.pending].some(
    (task) => currentAttempt(task) === undefined && (namesPlaces(task) || task.refusedBy.size > 0),
  )
}

function namesPlaces({ spec, dependencies }: TaskAccount): boolean {
  return (spec.targets ?? []).length > 0 || dependencies.some(({ where }) => where)
}
