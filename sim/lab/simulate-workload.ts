import { ConfigurationError } from '../../core/errors.ts'
import { resolveStrategy } from '../../scheduler/strategies/named.ts'
import type { StrategyLike } from '../../scheduler/strategies/strategy.ts'
import type { EngineSpec } from './engine-spec.ts'
import type { InformationMode } from './information.ts'
import type { NetworkSpec } from './network.ts'
import type { RulesLike } from './rules.ts'
import { ScheduledRun } from './scheduled-run.ts'
import type { Workload } from './workload.ts'

/** How a workload is run in the lab. */
export interface SimulationSettings {
  readonly engines: readonly EngineSpec[]
  /** By name, an object or a rule, as for a live cluster. Default 'leastload'. */
  readonly strategy?: StrategyLike
  /**
   * How many tasks may be at an engine, running and waiting there: so many, 0 for no limit, or `'cores'`: as many as it has cores, so
   * that of tasks with one core none waits at an engine. Default 'cores'.
   */
  readonly hwm?: number | 'cores'
  /** Default: data is where it is needed at once. */
  readonly network?: NetworkSpec
  /** Default 'standard'. */
  readonly rules?: RulesLike
  /** What the strategy may know of tasks before they run. To be said where it asks for that. */
  readonly information?: InformationMode
  /** From when the scheduler is called to when what it decided is in force. What happens meanwhile waits for the next call. Default 0. */
  readonly decisionDelayMs?: number
  /** From when a decision is in force to the next call, at least. Default 0. */
  readonly decisionIntervalMs?: number
  /** Of the strategy's draws. Default 0. */
  readonly seed?: number | string
  /** In which order things happen at one instant that nothing else sets apart. Default 'byNumber'; 'drawn': by the seed. */
  readonly ties?: 'byNumber' | 'drawn'
}

/** What became of a workload. Columns are by task or by engine; times are milliseconds of simulated time. */
export interface WorkloadRun {
  readonly workload: Workload
  readonly engines: readonly EngineSpec[]
  readonly strategy: string
  /** By task: where it ran, when it began and when it ended. */
  readonly engine: Int32Array
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  /** By engine: the time that its cores were busy, added up over its cores. */
  readonly busyMs: Float64Array
  /** Bytes of the objects that have travelled between engines, and how many those were. */
  readonly bytesMoved: number
  readonly transfers: number
  /** How often the strategy chose an engine. */
  readonly decisions: number
  /** Events that the scheduler was told of. */
  readonly events: number
  /** Between clients, the scheduler and engines, as a cluster sends them: all that one turn has for one peer is one message. */
  readonly messages: number
}

/**
 * Runs a workload in virtual time: the scheduler's core as it is, under any strategy, with engines that are simulated. The same
 * workload, settings and seed give the same run.
 *
 * @throws ConfigurationError where a setting cannot be
 * @throws WorkloadError where a task needs another that arrives later
 * @throws YardmasterError `YM_SIMULATION`, where the strategy throws, or chooses what it was not offered
 */
export function simulateWorkload(workload: Workload, settings: SimulationSettings): WorkloadRun {
  const { decisionDelayMs = 0, decisionIntervalMs = 0, hwm = 'cores', information } = settings
  for (const [name, ms] of Object.entries({ decisionDelayMs, decisionIntervalMs })) {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new ConfigurationError(`${name} must be a number of milliseconds from 0 on, not ${ms}`)
    }
  }
  const strategy = resolveStrategy(settings.strategy ?? 'leastload')
  if (strategy.information === 'estimates' && information === undefined) {
    throw new ConfigurationError(
      `Strategy '${strategy.name}' asks for estimates: say with \`information\` which it gets, 'exact', 'user', 'mean' or 'blind'.`,
    )
  }
  const run = new ScheduledRun(workload, strategy, {
    ...settings,
    decisionDelayMs,
    decisionIntervalMs,
    hwm,
    information: information ?? 'blind',
  })
  return run.toTheEnd()
}
