import {
  abortedIsNotRetried,
  abortedNeverBegins,
  abortOfNothing,
  staleTimersDoNothing,
} from './check-abort-and-time.ts'
import { attemptsWithinRetries, lossResolvedOnce, othersFaultsUseNoRetry } from './check-attempts.ts'
import {
  followTerminates,
  lostTargetsEnd,
  refusedEverywhereEnds,
  unreachabilitySpreads,
  verdictsAreFinal,
} from './check-dependencies.ts'
import { broadcastIsAnswered } from './check-direct.ts'
import { dispatchIsEligible, orderAmongEquals, workIsConserved } from './check-dispatch.ts'
import { drainingIsOrderly } from './check-draining.ts'
import { loadWithinMark, memoryIsBounded, oneState } from './check-places.ts'
import { lateNewsIsNothing, oneLiveAttempt, oneReply, submissionIsAnswered } from './check-replies.ts'
import { resubmissionKeeps } from './check-resubmission.ts'
import type { InvariantCheck } from './invariant-check.ts'

/** Every rule that a single step can break, by its number. */
export const invariantChecks: readonly InvariantCheck[] = [
  oneReply,
  oneState,
  oneLiveAttempt,
  loadWithinMark,
  lateNewsIsNothing,
  submissionIsAnswered,
  verdictsAreFinal,
  unreachabilitySpreads,
  followTerminates,
  refusedEverywhereEnds,
  attemptsWithinRetries,
  othersFaultsUseNoRetry,
  dispatchIsEligible,
  lostTargetsEnd,
  orderAmongEquals,
  workIsConserved,
  staleTimersDoNothing,
  abortedNeverBegins,
  abortedIsNotRetried,
  abortOfNothing,
  lossResolvedOnce,
  resubmissionKeeps,
  memoryIsBounded,
  broadcastIsAnswered,
  drainingIsOrderly,
]
