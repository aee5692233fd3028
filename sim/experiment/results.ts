import type { Analysis } from '../lab/compare/analyse.ts'
import type { ComparedRun, Comparison } from '../lab/compare/comparison.ts'
import type { Provenance } from '../report/provenance.ts'

/** Runs and what they come to, for programs. What only pictures need is left to `runs.jsonl`. */
export function resultsJson(comparison: Comparison, analyses: readonly Analysis[], provenance: Provenance): string {
  const runs = comparison.runs.map(({ scenario, isFixed, strategy, repetition, warmUpTasks, isTooShort, metrics }) => {
    return { ...scenario, isFixed, strategy, repetition, warmUpTasks, isTooShort, metrics }
  })
  return `${JSON.stringify({ ...provenance, strategies: comparison.strategies, analyses, runs }, undefined, 1)}\n`
}

/** A row for each run, with all metrics; `responseMs.mean` and the like in columns of their own. */
export function resultsCsv({ runs }: Comparison): string {
  const rows = runs.map(rowOf)
  const heads = Object.keys(rows[0] ?? {})
  return [heads, ...rows.map((row) => heads.map((head) => row[head] ?? ''))]
    .map((cells) => `${cells.map(cellText).join(',')}\n`)
    .join('')
}

function rowOf({ scenario, strategy, repetition, warmUpTasks, metrics }: ComparedRun): Record<string, string | number> {
  const { workload, engines, network, load = '' } = scenario
  const flat = Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [[name, value] as const]
      : Object.entries(value as Readonly<Record<string, number>>).map(
          ([part, one]) => [`${name}.${part}`, one] as const,
        ),
  )
  return { workload, engines, network, load, repetition, strategy, warmUpTasks, ...Object.fromEntries(flat) }
}

function cellText(cell: string | number): string {
  const text = String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
