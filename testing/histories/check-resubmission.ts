import { isDeepStrictEqual } from 'node:util'
import type { TaskSpec } from '../../scheduler/events.ts'
import type { InvariantCheck } from './invariant-check.ts'

/** Checks that resubmission keeps every constraint and links both records. */
export const resubmissionKeeps: InvariantCheck = {
  number: 22,
  sentence: 'resubmission keeps every constraint and links both records',
  *afterStep({ resubmitted }, { state }) {
    for (const { from, to } of resubmitted) {
      const [old, fresh] = [state.tasks.get(from.id), state.tasks.get(to.id)]
      if (fresh?.resubmittedFrom !== from.id) yield `${to.id} does not name ${from.id}, which it resubmits`
      if (old?.resubmittedAs !== to.id) yield `${from.id} does not name ${to.id}, which resubmits it`
      if (fresh === undefined) continue
      for (const [name, value] of Object.entries(termsOf(from.spec))) {
        if (!isDeepStrictEqual(fresh[name as keyof typeof fresh], value))
          yield `${to.id} has another ${name} than ${from.id}, which it resubmits`
      }
    }
  },
}

/** All that a task was submitted with, but its name and its client; what was left out by its default. */
function termsOf({ after = [], follow = [], targets = [], retries = 0, queueTimeoutMs = 0, ...rest }: TaskSpec) {
  const {
    runTimeoutMs = 0,
    priority = 0,
    retryOnEngineLoss = true,
    onUnmet = 'fail',
    label,
    direct = false,
    body,
  } = rest
  const limits = { retries, queueTimeoutMs, runTimeoutMs, priority, retryOnEngineLoss, onUnmet, direct }
  return { after, follow, targets, ...limits, label, body }
}
