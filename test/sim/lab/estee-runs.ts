/** Runs of a published simulator: its own graphs, given plans, and when it began and ended each task. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Random } from '../../../core/random.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { readEsteeGraph } from '../../../sim/lab/read-estee-graph.ts'
import type { RulesLike } from '../../../sim/lab/rules.ts'
import { type PlanRun, simulatePlan } from '../../../sim/lab/simulate-plan.ts'
import type { Workload } from '../../../sim/lab/workload.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
/** A few, which are in the repository; and all, where they lie beside it. */
export const fixtures = at('./fixtures/estee')
export const reference = at('../../../../shared/reference/estee')

export function hasReference(): boolean {
  const found = existsSync(reference)
  if (!found) {
    console.log(
      `only a few runs are checked: ${reference} is not there. It has what Estee (https://github.com/It4innovations/estee, commit 5ba5421) makes of its benchmark graphs (https://doi.org/10.5281/zenodo.2630384), in the form of ${fixtures}.`,
    )
  }
  return found
}

interface Run {
  readonly mode: 'plain' | 'blocking'
  readonly bandwidth: number
  readonly netmodel: 'simple' | 'maxmin'
  readonly makespan: number
  readonly transfer: number
  readonly start: readonly number[]
  readonly end: readonly number[]
  readonly order_independent: boolean
}

interface Plans {
  readonly plans: readonly {
    readonly worker: readonly number[]
    readonly priority: readonly number[]
    readonly runs: readonly Run[]
  }[]
}

export interface PublishedRun extends Run {
  readonly name: string
  readonly graph: Workload
  readonly worker: readonly number[]
  readonly priority: readonly number[]
}

export function publishedRuns(folder: string): PublishedRun[] {
  const files = readdirSync(join(folder, 'fixed')).filter((file) => file.endsWith('.json'))
  return files.flatMap((file) => {
    const set = file.slice(0, file.indexOf('-'))
    const graph = readEsteeGraph(readFileSync(join(folder, 'graphs', set, file.slice(set.length + 1)), 'utf8'), file)
    const { plans } = JSON.parse(readFileSync(join(folder, 'fixed', file), 'utf8')) as Plans
    return plans.flatMap(({ worker, priority, runs }, i) =>
      runs.map((run): PublishedRun => {
        const name = `${file.replace(/-[0-9a-f-]{36}\.json$/, '')} plan ${i} ${run.mode} ${run.netmodel} ${run.bandwidth}`
        return { ...run, name, graph, worker, priority }
      }),
    )
  })
}

export function simulated(run: PublishedRun, rules: RulesLike = 'estee', ties?: Random): PlanRun {
  const { graph, worker, priority, mode, netmodel, bandwidth } = run
  const blocking = mode === 'blocking' ? priority : undefined
  return simulatePlan(
    graph,
    { engine: worker, priority, blocking },
    {
      engines: engines(8, { cores: 4 }),
      network: { model: netmodel, bytesPerSecond: bandwidth * 2 ** 20 },
      rules,
      ...(ties ? { ties } : {}),
    },
  )
}

/** Where the two differ by more than 10⁻⁶, relatively: in the times of tasks, the makespan, what was transferred. */
export function deviations(published: PublishedRun, { startMs, endMs, makespanMs, bytesMoved }: PlanRun): string[] {
  const found: string[] = []
  const compare = (what: string, here: number, there: number | undefined) => {
    if (there !== undefined && Math.abs(here - there) <= 1e-6 * Math.abs(there)) return
    found.push(`${published.name}: ${what} is ${here} and should be ${there}`)
  }
  for (let task = 0; task < startMs.length; task += 1) {
    compare(`start of task ${task}`, (startMs[task] as number) / 1_000, published.start[task])
    compare(`end of task ${task}`, (endMs[task] as number) / 1_000, published.end[task])
  }
  compare('makespan', makespanMs / 1_000, published.makespan)
  compare('transfer', bytesMoved / 2 ** 20, published.transfer)
  return found
}
