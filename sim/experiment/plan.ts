import { ConfigurationError } from '../../core/errors.ts'
import { drawsOf } from '../lab/compare/compare-strategies.ts'
import { type Scenario, scenarioKey } from '../lab/compare/comparison.ts'
import { enginesOf } from '../lab/compare/engines-text.ts'
import { type MeasureName, measureOf } from '../lab/compare/measures.ts'
import { networkOf } from '../lab/compare/network-text.ts'
import type { Cell, RunSettings } from './cell.ts'
import { strategyArgument } from './strategy-argument.ts'
import { workloadRef, workloadSource } from './workload-argument.ts'

/** An experiment as one asks for it. All lists are crossed with each other. */
export interface ExperimentArguments {
  /** Files, or specifications of generators. */
  readonly workloads: readonly string[]
  /** Names, or `MODULE[#export]`. */
  readonly strategies: readonly string[]
  /** As in `8x4`. */
  readonly engines: readonly string[]
  /** As in `maxmin:32MiB`. */
  readonly networks: readonly string[]
  readonly loads?: readonly number[]
  readonly repeat: number
  /** Default: of workloads that arrive over time the response, of the others the makespan. */
  readonly measures?: readonly string[]
  readonly settings: RunSettings
}

export interface Plan {
  readonly strategies: readonly string[]
  readonly measures: readonly MeasureName[]
  readonly scenarios: readonly Scenario[]
  /** In the order in which they are run. */
  readonly cells: readonly Cell[]
}

/**
 * All runs of an experiment. Reads each workload and loads each strategy once, so that what is wrong with one is said before anything runs.
 * @throws ConfigurationError, WorkloadError, ModuleError
 */
export async function planExperiment(given: ExperimentArguments): Promise<Plan> {
  const { loads, repeat, settings } = given
  for (const what of ['workloads', 'strategies', 'engines', 'networks'] as const) {
    if (given[what].length === 0) throw new ConfigurationError(`${what} must not be empty`)
  }
  const strategies = await Promise.all(given.strategies.map(strategyArgument))
  checkNames(
    'strategies',
    strategies.map(({ ref }) => ref.name),
  )
  for (const { strategy } of strategies) {
    if (strategy.information !== 'estimates' || settings.information !== undefined) continue
    throw new ConfigurationError(
      `strategy '${strategy.name}' asks for estimates: say with --information which it gets, exact, user, mean or blind`,
    )
  }
  const workloads = given.workloads.map((argument) => {
    const ref = workloadRef(argument)
    return { ref, source: workloadSource(ref) }
  })
  checkNames(
    'workloads',
    workloads.map(({ ref }) => ref.name),
  )
  const places = given.engines.flatMap((engines) =>
    given.networks.map((network) => ({ engines: enginesOf(engines), network: networkOf(network) })),
  )
  const lists = workloads.flatMap(({ ref, source }) =>
    places.flatMap((place) =>
      drawsOf({ ...place, workloads: [source], ...(loads ? { loads } : {}), repeat }).map((draw) => ({ ref, draw })),
    ),
  )
  const cells = lists.flatMap(({ ref: workload, draw: { scenario, repetition } }) => {
    const { engines, network, load } = scenario
    const place = { engines, network, repetition, ...(load === undefined ? {} : { load }) }
    return strategies.map(({ ref: strategy }): Cell => ({ workload, strategy, ...place, settings }))
  })
  const scenarios = new Map(lists.map(({ draw: { scenario } }) => [scenarioKey(scenario), scenario]))
  if (scenarios.size * repeat < lists.length)
    throw new ConfigurationError('two of the engines or networks are the same')
  const offers = workloads.map(({ source }) => source.offered !== undefined)
  if (loads !== undefined && offers.includes(false)) {
    const name = workloads[offers.indexOf(false)]?.ref.name
    throw new ConfigurationError(`workload '${name}' all arrives at once: there is no load to set`)
  }
  const byDefault: MeasureName[] = [
    ...(offers.includes(false) ? (['makespan'] as const) : []),
    ...(offers.includes(true) ? (['response'] as const) : []),
  ]
  const measures = given.measures?.map((name) => measureOf(name).name as MeasureName) ?? byDefault
  return { strategies: strategies.map(({ ref }) => ref.name), measures, scenarios: [...scenarios.values()], cells }
}

function checkNames(what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice === undefined) return
  const advice = what === 'workloads' ? ': give one another with NAME=…' : ''
  throw new ConfigurationError(`two of the ${what} have the name '${twice}'${advice}`)
}
