/** Run on engines. */
import { type Fault, faultFrom } from '../../core/errors.ts'
import type { Strategy } from '../../scheduler/strategies/strategy.ts'
import { type Draw, drawsOf, runIn, workloadIn } from '../lab/compare/compare-strategies.ts'
import type { ComparedRun } from '../lab/compare/comparison.ts'
import { enginesOf } from '../lab/compare/engines-text.ts'
import { networkOf } from '../lab/compare/network-text.ts'
import type { WorkloadSource } from '../lab/compare/workload-source.ts'
import type { Cell, StrategyRef, WorkloadRef } from './cell.ts'
import { strategyOf } from './strategy-argument.ts'
import { workloadSource } from './workload-argument.ts'

export interface KeyedCell {
  readonly key: string
  readonly cell: Cell
}

/** What came of a cell: a run, or why there is none. */
export type CellOutcome = { readonly key: string } & (
  | { readonly run: ComparedRun; readonly fault?: undefined }
  | { readonly fault: Fault }
)

export async function runCell({ key, cell }: KeyedCell): Promise<CellOutcome> {
  try {
    return { key, run: await runOf(cell) }
  } catch (error) {
    return { key, fault: faultFrom(error) }
  }
}

async function runOf({ workload, strategy, engines, network, load, repetition, settings }: Cell): Promise<ComparedRun> {
  const { seed, ...given } = settings
  const place = { engines: enginesOf(engines), network: networkOf(network) }
  const loads = load === undefined ? {} : { loads: [load] }
  const draws = drawsOf({ ...place, ...loads, workloads: [sourceOf(workload)], repeat: repetition + 1, seed })
  const draw = draws[repetition] as Draw
  return runIn(draw, workloadIn(draw, place), { ...place, ...given, strategy: await strategyFor(strategy) })
}

// A file is read and parsed once, not for each run of it. Workloads that are drawn are not kept.
const sources = new Map<string, WorkloadSource>()
const loaded = new Map<string, Promise<Strategy>>()

function sourceOf(ref: WorkloadRef): WorkloadSource {
  const key = JSON.stringify(ref)
  const source = sources.get(key) ?? workloadSource(ref)
  sources.set(key, source)
  return source
}

function strategyFor(ref: StrategyRef): Promise<Strategy> {
  const key = JSON.stringify(ref)
  const strategy = loaded.get(key) ?? strategyOf(ref)
  loaded.set(key, strategy)
  return strategy
}
