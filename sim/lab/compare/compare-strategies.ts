import { ConfigurationError, WorkloadError } from '../../../core/errors.ts'
import { resolveStrategy } from '../../../scheduler/strategies/named.ts'
import type { StrategyLike } from '../../../scheduler/strategies/strategy.ts'
import { type SimulationSettings, simulateWorkload } from '../simulate-workload.ts'
import type { Workload } from '../workload.ts'
import { type ComparedRun, type Comparison, type Scenario, scenarioKey } from './comparison.ts'
import { enginesText, powerOf } from './engines-text.ts'
import { networkText } from './network-text.ts'
import { resultOf, type WarmUp } from './run-result.ts'
import { atLoad, type WorkloadSource } from './workload-source.ts'

/** What a comparison runs: workloads, strategies, and the engines of each run. */
export interface ComparisonSettings extends Omit<SimulationSettings, 'strategy' | 'seed'> {
  readonly workloads: readonly WorkloadSource[]
  /** By name, objects or rules. At least one. */
  readonly strategies: readonly StrategyLike[]
  /** Each workload also so often arrives as these parts of what the engines can do. Default: as it is. */
  readonly loads?: readonly number[]
  /** Default 20. */
  readonly repeat?: number
  /** Default 1. */
  readonly seed?: number | string
  /** Default: 'mser' for workloads that are drawn and do not come all at once, else 0. */
  readonly warmUp?: WarmUp
}

/** One repetition of one scenario: what all strategies meet. */
export interface Draw {
  readonly scenario: Scenario
  readonly source: WorkloadSource
  readonly repetition: number
  /** Of the workload, and of the strategies' draws. */
  readonly seed: string
}

/**
 * Runs each strategy on each workload, `repeat` times. In a repetition all strategies meet the same workload, and draw from streams of their own: what
 * differs between them is not luck. Scenarios and repetitions are independent of each other. The same settings give the same comparison.
 *
 * @throws ConfigurationError, WorkloadError, YardmasterError `YM_SIMULATION`: as `simulateWorkload`
 */
export function compareStrategies(settings: ComparisonSettings): Comparison {
  const strategies = settings.strategies.map(resolveStrategy)
  checkNames('strategies', strategies)
  const runs = drawsOf(settings).flatMap((draw) => {
    const workload = workloadIn(draw, settings)
    return strategies.map((strategy) => runIn(draw, workload, { ...settings, strategy }))
  })
  return { strategies: strategies.map(({ name }) => name), runs }
}

/** @internal In the order in which they are run: workloads, loads, repetitions. */
export function drawsOf(settings: Omit<ComparisonSettings, 'strategies'>): readonly Draw[] {
  const { workloads, loads, engines, network = { model: 'instant' }, repeat = 20, seed = 1 } = settings
  checkNames('workloads', workloads)
  if (!(Number.isInteger(repeat) && repeat >= 1)) {
    throw new ConfigurationError(`repeat must be a whole number from 1 on, not ${repeat}`)
  }
  return workloads.flatMap((source) =>
    (loads ?? [undefined]).flatMap((load) => {
      const place = { workload: source.name, engines: enginesText(engines), network: networkText(network) }
      const scenario: Scenario = load === undefined ? place : { ...place, load }
      return Array.from({ length: repeat }, (_, repetition) => ({
        scenario,
        source,
        repetition,
        seed: `${seed}/${scenarioKey(scenario)}/${repetition}`,
      }))
    }),
  )
}

/** @internal */
export function workloadIn(
  { scenario, source, seed }: Draw,
  { engines }: Pick<ComparisonSettings, 'engines'>,
): Workload {
  const workload = source.draw(seed)
  if (workload.size === 0) throw new WorkloadError(`workload '${source.name}' has no tasks`)
  return scenario.load === undefined
    ? workload
    : atLoad(workload, source, { load: scenario.load, power: powerOf(engines) })
}

/** @internal */
export function runIn(
  { scenario, source, repetition, seed }: Draw,
  workload: Workload,
  settings: Omit<SimulationSettings, 'seed'> & Pick<ComparisonSettings, 'warmUp'>,
): ComparedRun {
  const { warmUp = source.isFixed || source.offered === undefined ? 0 : 'mser' } = settings
  if (warmUp !== 'mser' && !(warmUp >= 0 && warmUp < 1)) {
    throw new ConfigurationError(`warmUp must be 'mser' or a number from 0 to below 1, not ${warmUp}`)
  }
  const run = simulateWorkload(workload, { ...settings, seed })
  const result = resultOf(run, { warmUp, gantt: repetition === 0 })
  return { scenario, isFixed: source.isFixed, strategy: run.strategy, repetition, ...result }
}

function checkNames(what: string, list: readonly { readonly name: string }[]): void {
  if (list.length === 0) throw new ConfigurationError(`${what} must not be empty`)
  const names = list.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new ConfigurationError(`two of the ${what} have the name '${twice}'`)
}
