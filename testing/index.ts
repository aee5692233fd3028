/** The published kit for those who write a transport or a strategy, or build upon Yardmaster. */

export { type FaultKind, type FaultOptions, faultKinds } from '../sim/faults.ts'
export {
  type SimulatedWorld,
  SimulationError,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from '../sim/simulate.ts'
export { SimulatedCluster, type SimulatedClusterOptions } from '../sim/simulated-cluster.ts'
export { SimulatedProcess } from '../sim/simulated-process.ts'
export { type WorkloadOptions, workload } from '../sim/workload.ts'
export type { Attempt, ObservedStep, Reply, TaskAccount } from './histories/accounts.ts'
export { type FastCheck, type HistoryOptions, histories } from './histories/arbitrary.ts'
export {
  abortedIsNotRetried,
  abortedNeverBegins,
  abortOfNothing,
  staleTimersDoNothing,
} from './histories/check-abort-and-time.ts'
export { attemptsWithinRetries, lossResolvedOnce, othersFaultsUseNoRetry } from './histories/check-attempts.ts'
export { blockedTasksCostNothing } from './histories/check-cost.ts'
export {
  followTerminates,
  lostTargetsEnd,
  refusedEverywhereEnds,
  unreachabilitySpreads,
  verdictsAreFinal,
} from './histories/check-dependencies.ts'
export { broadcastIsAnswered } from './histories/check-direct.ts'
export { dispatchIsEligible, orderAmongEquals, workIsConserved } from './histories/check-dispatch.ts'
export { drainingIsOrderly } from './histories/check-draining.ts'
export { loadWithinMark, memoryIsBounded, oneState } from './histories/check-places.ts'
export { lateNewsIsNothing, oneLiveAttempt, oneReply, submissionIsAnswered } from './histories/check-replies.ts'
export { resubmissionKeeps } from './histories/check-resubmission.ts'
export { sameSeedSameRun } from './histories/check-sameness.ts'
export { type OpenWorkload, openWorkloads, timesDoNotDependOnStrategy } from './histories/check-times.ts'
export type { Command, DependencyChoice, Lateness, TaskChoice } from './histories/commands.ts'
export { History } from './histories/history.ts'
export {
  type BrokenInvariant,
  type InvariantCheck,
  InvariantViolation,
  type RunCheck,
  type Scene,
} from './histories/invariant-check.ts'
export { invariantChecks } from './histories/invariant-checks.ts'
export type { Ledger } from './histories/ledger.ts'
export { Observer } from './histories/observer.ts'
export { type PlayOptions, playHistory } from './histories/play.ts'
export { Yard } from './histories/yard.ts'
export {
  type LauncherCase,
  type LauncherSuiteOptions,
  type LauncherUnderTest,
  launcherSuite,
} from './launcher-suite.ts'
export { type Graph, type GraphOptions, graphs } from './oracle/arbitrary-graph.ts'
export { type Ended, type EnumerationOptions, enumerateFates } from './oracle/enumerate-fates.ts'
export { foresee } from './oracle/foresee.ts'
export type { Behaviour, Fate, GraphDependency, GraphNode } from './oracle/graph.ts'
export { type StrategyCase, type StrategySuiteOptions, strategySuite } from './strategy-suite.ts'
export { type TaskStoreSuiteOptions, type TaskStoreUnderTest, taskStoreSuite } from './task-store-suite.ts'
export {
  type SuiteRunner,
  type TransportCase,
  type TransportSuiteOptions,
  type TransportUnderTest,
  transportSuite,
} from './transport-suite.ts'
