import { createHash } from 'node:crypto'
import type { WarmUp } from '../lab/compare/run-result.ts'
import type { InformationMode } from '../lab/information.ts'

/** A workload as an engine finds it: a specification, or a file with what it holds. */
export type WorkloadRef =
  | { readonly name: string; readonly spec: string }
  | { readonly name: string; readonly file: string; readonly hash: string }

/** A strategy as an engine finds it: a name, or a module with what its file holds. */
export type StrategyRef =
  | { readonly name: string }
  | { readonly name: string; readonly url: string; readonly exportName: string; readonly hash: string }

/** What is the same in all runs. */
export interface RunSettings {
  readonly hwm: number | 'cores'
  readonly information?: InformationMode
  readonly decisionDelayMs: number
  readonly decisionIntervalMs: number
  readonly warmUp?: WarmUp
  readonly seed: number
}

/** One run of an experiment: all that it depends on, as plain data. */
export interface Cell {
  readonly workload: WorkloadRef
  readonly strategy: StrategyRef
  /** As in `8x4`. */
  readonly engines: string
  /** As in `maxmin:32MiB`. */
  readonly network: string
  readonly load?: number
  readonly repetition: number
  readonly settings: RunSettings
}

/** The same for the same run, wherever its files lie. Another version may give other results, so it counts, too. */
export function cellKey(cell: Cell, version: string): string {
  const { workload, strategy, engines, network, load, repetition, settings } = cell
  const place = (ref: object) => Object.entries(ref).filter(([name]) => name !== 'file' && name !== 'url')
  const { hwm, information, decisionDelayMs, decisionIntervalMs, warmUp, seed } = settings
  const parts = [
    version,
    place(workload),
    place(strategy),
    [engines, network, load ?? null, repetition],
    [hwm, information ?? null, decisionDelayMs, decisionIntervalMs, warmUp ?? null, seed],
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** Of the content of a file. */
export function contentHash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url')
}
