/** `yardmaster/scheduler`: strategies, and the scheduler itself for those who embed it. */
export { nextDeadline } from './deadlines.ts'
export type {
  AttemptName,
  AttemptOutcome,
  AttemptResult,
  DependencySpec,
  Effect,
  HighWaterMark,
  SchedulerEvent,
  TaskSpec,
} from './events.ts'
export { type Violation, validate } from './invariants.ts'
export type { Planner, PlanningProblem, Schedule } from './planning/planning-problem.ts'
export { type GraphTask, type TaskGraph, taskGraphOf } from './planning/task-graph.ts'
export type { LoadLimits } from './quota.ts'
export type { RestoredEnd, RestoredTask } from './restore.ts'
export type { RetentionLimits } from './retention.ts'
export { createScheduler, type SchedulerConfig, type SchedulerState, schedulerDefaults } from './state.ts'
export { step } from './step.ts'
export { cpop, planCpop } from './strategies/cpop.ts'
export { dls, planDls } from './strategies/dls.ts'
export { etf, planEtf } from './strategies/etf.ts'
export { heft, planHeft } from './strategies/heft.ts'
export { hlfet, planHlfet } from './strategies/hlfet.ts'
export { lateBinding } from './strategies/late-binding.ts'
export { leastload } from './strategies/leastload.ts'
export { lru } from './strategies/lru.ts'
export { mcp, planMcp } from './strategies/mcp.ts'
export { resolveStrategy, strategies } from './strategies/named.ts'
export { plainrandom } from './strategies/plainrandom.ts'
export { plannedStrategy } from './strategies/planned-strategy.ts'
export { powerOfD } from './strategies/power-of-d.ts'
export { pure } from './strategies/pure.ts'
export {
  type Choose,
  type Deferral,
  type Engines,
  type EngineView,
  type Estimates,
  type ExpectedInput,
  type Finished,
  type FinishedWithDuration,
  type Strategy,
  type StrategyContext,
  type StrategyContextWithEstimates,
  type StrategyLike,
  type StrategyRun,
  strategy,
  type TaskView,
} from './strategies/strategy.ts'
export { planTlevel, tlevel } from './strategies/tlevel.ts'
export { twobin } from './strategies/twobin.ts'
export { weighted } from './strategies/weighted.ts'
export type { LiveStatus, TaskRecord, TaskStatus, TerminalStatus } from './task.ts'
export { isTerminal } from './transitions.ts'
