/** How fast the scheduling lab simulates: open workloads by strategy and engines, and a grid of tasks whose data travels. */
import { seededRandom } from '../../core/random.ts'
import { poisson } from '../../sim/lab/arrival-processes.ts'
import { exponential } from '../../sim/lab/distributions.ts'
import { engines } from '../../sim/lab/engine-spec.ts'
import { generateWorkload } from '../../sim/lab/generate-workload.ts'
import type { NetworkSpec } from '../../sim/lab/network.ts'
import { simulateWorkload } from '../../sim/lab/simulate-workload.ts'
import type { Workload } from '../../sim/lab/workload.ts'
import { type WorkloadTask, workloadOf } from '../../sim/lab/workload-of.ts'
import type { Case, Measure, Size, Suite } from '../suite.ts'

interface Sizes {
  readonly tasks: number
  readonly engines: readonly number[]
  /** Once, on 10,000 engines; 0: not at all. */
  readonly many: number
  /** Tasks along each side of the grid. */
  readonly side: number
}

const sizesOf: Readonly<Record<Size, Sizes>> = {
  least: { tasks: 500, engines: [10], many: 0, side: 5 },
  quick: { tasks: 50_000, engines: [100, 1_000], many: 0, side: 66 },
  full: { tasks: 200_000, engines: [100, 1_000, 10_000], many: 1_000_000, side: 66 },
}

const figures: Measure['figures'] = {
  rate: { unit: 'tasks/s', better: 'higher', isComparable: false },
  cost: { unit: 'µs a task', better: 'lower' },
}

export const simulator: Suite = {
  async open({ size }) {
    const sizes = sizesOf[size]
    return {
      measures: [open(sizes), ...(sizes.many > 0 ? [many(sizes.many)] : []), grid(sizes.side)],
      notes: [
        'The workload is made before the clock starts.',
        'On a grid of 4,356 tasks, Estee 5ba5421 was measured, on another machine, at 9,600 tasks/s (random, 8 engines, simple) and 1,800 (32 engines, maxmin); at 6,400 and 4,500 with its scheduler blevel-gt.',
      ],
      close: async () => {},
    }
  },
}

function taken(workload: Workload, run: () => unknown) {
  const begin = performance.now()
  run()
  const ms = performance.now() - begin
  return { rate: (workload.size / ms) * 1_000, cost: (ms / workload.size) * 1_000 }
}

/** Poisson arrivals and exponential durations, at a load of 0.9. */
function openWorkload(tasks: number, count: number): Workload {
  return generateWorkload({ tasks, durations: exponential(1_000), arrivals: poisson({ perSecond: 0.9 * count }) })
}

function open(sizes: Sizes): Measure {
  const strategies = [
    ['leastload', 1],
    ['powerOf2', 0],
    ['plainrandom', 0],
  ] as const
  const workloads = new Map(sizes.engines.map((count) => [count, openWorkload(sizes.tasks, count)]))
  const cases = strategies.flatMap(([strategy, hwm]) =>
    [...workloads].map(([count, workload]): Case => {
      const promise = `the simulator, \`${strategy}\`, 1,000 engines`
      return {
        subject: `${strategy}, hwm ${hwm}`,
        at: count,
        targets: count === 1_000 ? [{ figure: 'rate', promise, atLeast: 200_000 }] : [],
        take: () => taken(workload, () => simulateWorkload(workload, { engines: engines(count), strategy, hwm })),
      }
    }),
  )
  return { name: 'an open workload in virtual time', figures, parameter: { name: 'engines' }, cases }
}

function many(tasks: number): Measure {
  const take = () => {
    const workload = openWorkload(tasks, 10_000)
    return taken(workload, () => simulateWorkload(workload, { engines: engines(10_000), hwm: 1 }))
  }
  const name = `${tasks.toLocaleString('en')} tasks on 10,000 engines in one run`
  return { name, once: true, figures, cases: [{ subject: 'leastload, hwm 1', take }] }
}

/** Each task needs what the ones above and to the left of it make. */
function grid(side: number): Measure {
  const random = seededRandom('grid')
  const tasks = Array.from({ length: side * side }, (_, i): WorkloadTask => {
    const inputs: (readonly [number, number])[] = []
    if (i >= side) inputs.push([i - side, 0])
    if (i % side > 0) inputs.push([i - 1, 0])
    return { durationMs: 10_000 + 20_000 * random.unit(), outputs: [{ bytes: 128 * 2 ** 20 }], inputs }
  })
  const workload = workloadOf(tasks)
  // Published at the same setting, for the first strategy and for one that goes by b-level.
  const cases = (['plainrandom', 'hlfet'] as const).flatMap((strategy) =>
    ([8, 32] as const).flatMap((count) =>
      (['simple', 'maxmin'] as const).map((model): Case => {
        const network: NetworkSpec = { model, bytesPerSecond: 256 * 2 ** 20 }
        const common = { engines: engines(count, { cores: 4 }), network, information: 'exact', hwm: 0 } as const
        const take = () => taken(workload, () => simulateWorkload(workload, { ...common, strategy }))
        return { subject: `${strategy}, ${model}`, at: count, take }
      }),
    ),
  )
  return { name: `a grid of ${side} × ${side} tasks, data travels`, figures, parameter: { name: 'engines' }, cases }
}
