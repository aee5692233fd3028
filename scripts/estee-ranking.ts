import { type Cell, listNames, paperOf } from './estee-cells.ts'

/** What stands where one scheduler of Estee stood. */
export const stages = ['published', '+fix', '1–3 mended', '1–6 mended', 'as in the papers'] as const
export type Stage = (typeof stages)[number]

export interface Standing {
  /** Makespan over the best known in its cell, geometric mean. */
  readonly ratio: number
  /** Its place among those of the stage, mean; equals share theirs. */
  readonly rank: number
}

const others = ['single', 'random', 'ws', 'blevel-gt', 'tlevel-gt', 'mcp-gt']

/** The column of each scheduler that takes part in a stage. */
function columnsOf(stage: Stage): Map<string, string> {
  const columns = new Map(others.map((name) => [name, `published ${name}`]))
  for (const name of listNames) {
    switch (stage) {
      case 'published':
        columns.set(name, `published ${name}`)
        break
      case '+fix':
        columns.set(name, `published ${name}+fix`)
        break
      case 'as in the papers':
        columns.set(name, `here ${paperOf[name]}`)
        break
      default:
        columns.set(name, `${stage} ${name}`)
    }
  }
  if (stage === 'as in the papers') for (const name of ['heft', 'cpop']) columns.set(name, `here ${name}`)
  return columns
}

/** By scheduler, over the cells where all of all stages are known. */
export function rankingOf(cells: readonly Cell[], stage: Stage): Map<string, Standing> {
  const needed = stages.flatMap((one) => [...columnsOf(one).values()])
  const complete = cells.filter(({ seconds }) => needed.every((column) => seconds.has(column)))
  const found = new Map<string, { readonly ratios: number[]; ranks: number }>()
  for (const { seconds } of complete) {
    const best = Math.min(...seconds.values())
    const values = [...columnsOf(stage)].map(([name, column]) => [name, seconds.get(column) as number] as const)
    for (const [name, value] of values) {
      const entry = found.get(name) ?? { ratios: [], ranks: 0 }
      entry.ratios.push(value / best)
      // What differs by less than a thousandth is equal.
      const before = values.filter(([, other]) => other < value * 0.999).length
      const equal = values.filter(([, other]) => Math.abs(other / value - 1) <= 0.001).length
      entry.ranks += before + (equal + 1) / 2
      found.set(name, entry)
    }
  }
  return new Map(
    [...found].map(([name, { ratios, ranks }]) => [
      name,
      { ratio: geometricMean(ratios), rank: ranks / ratios.length },
    ]),
  )
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
