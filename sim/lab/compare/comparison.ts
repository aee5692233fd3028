import type { RunResult } from './run-result.ts'

/** What strategies meet: one workload on one cluster. */
export interface Scenario {
  /** The name of the workload. */
  readonly workload: string
  /** As in `8x4`: eight engines with four cores each. */
  readonly engines: string
  /** As in `maxmin:32MiB`. */
  readonly network: string
  /** The part of what the engines can do that arrives as work, where that was set. */
  readonly load?: number
}

/** One run of a comparison, and what it came to. */
export interface ComparedRun extends RunResult {
  readonly scenario: Scenario
  /** Whether the workload is the same in each repetition. */
  readonly isFixed: boolean
  readonly strategy: string
  /** From 0 on. All strategies met the same workload in it. */
  readonly repetition: number
}

/** Runs of several strategies on the same workloads: plain data. */
export interface Comparison {
  readonly strategies: readonly string[]
  readonly runs: readonly ComparedRun[]
}

/** All of one scenario, by which another is told from it. */
export function scenarioKey({ workload, engines, network, load }: Scenario): string {
  return JSON.stringify([workload, engines, network, load ?? null])
}

/** What tells scenarios from each other, in words; of a single one the workload. */
export function scenarioLabels(scenarios: readonly Scenario[]): readonly string[] {
  const varies = (part: keyof Scenario) => new Set(scenarios.map((scenario) => scenario[part])).size > 1
  const parts = (['workload', 'engines', 'network', 'load'] as const).filter(varies)
  const words = {
    workload: ({ workload }: Scenario) => workload,
    engines: ({ engines }: Scenario) => `${engines} engines`,
    network: ({ network }: Scenario) => network,
    load: ({ load }: Scenario) => (load === undefined ? 'own load' : `load ${load}`),
  }
  const shown = parts.length === 0 ? (['workload'] as const) : parts
  return scenarios.map((scenario) => shown.map((part) => words[part](scenario)).join(', '))
}
