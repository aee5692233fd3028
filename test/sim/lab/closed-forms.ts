/** Queues whose mean times have a closed form, and the simulation that each belongs to. Mean duration 1 s, times in seconds. */
import { poisson } from '../../../sim/lab/arrival-processes.ts'
import { batchMeans, type SteadyMean } from '../../../sim/lab/batch-means.ts'
import { bimodal, type Distribution, deterministic, exponential, lognormal } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'

export interface QueueCase {
  readonly name: string
  readonly exact: number
  readonly of: 'wait' | 'response'
  readonly engines: number
  /** Arrivals a second, over all engines. */
  readonly rate: number
  readonly durations: Distribution
  readonly strategy: string
  readonly hwm: number
  /** In `npm test`; a longer run takes a multiple. */
  readonly tasks: number
  readonly batches: number
}

/** Mean time in an M/M/c system with load ρ, by Erlang's C formula. */
export function mmcResponse(c: number, rho: number): number {
  const offered = c * rho
  let term = 1
  let sum = 1
  for (let k = 1; k < c; k += 1) {
    term *= offered / k
    sum += term
  }
  const last = (term * offered) / c / (1 - rho)
  return 1 + last / (sum + last) / (c * (1 - rho))
}

/** Mean wait in an M/G/1 system, by Pollaczek and Khinchine. */
export function mg1Wait(rho: number, squaredVariation: number): number {
  return (rho * (1 + squaredVariation)) / (2 * (1 - rho))
}

/** Mean time in the limit of many servers, each arrival going to the shortest of d queues. Vvedenskaya, Dobrushin, Karpelevich, 1996. */
export function powerOfDResponse(d: number, rho: number): number {
  if (d === 1) return 1 / (1 - rho)
  let sum = 0
  for (let i = 1; i < 60; i += 1) sum += rho ** ((d ** i - d) / (d - 1))
  return sum
}

function mmc(c: number, rho: number, tasks: number): QueueCase {
  const name = `M/M/${c}, ρ = ${rho}`
  const queue = {
    engines: c,
    rate: c * rho,
    durations: exponential(1_000),
    strategy: 'leastload',
    hwm: 1,
    tasks,
    batches: 30,
  }
  return { name, exact: mmcResponse(c, rho), of: 'response', ...queue }
}

function mg1(what: string, durations: Distribution, tasks: number): QueueCase {
  const exact = mg1Wait(0.8, durations.squaredVariation)
  const name = `M/G/1, ρ = 0.8, ${what}, CV² = ${durations.squaredVariation.toPrecision(3)}`
  return {
    name,
    exact,
    of: 'wait',
    engines: 1,
    rate: 0.8,
    durations,
    strategy: 'leastload',
    hwm: 1,
    tasks,
    batches: 30,
  }
}

/**
 * As many engines as make the difference from the limit (about 4.4 / n at d = 2, ρ = 0.9, and 10.6 / n at 0.95) small beside the
 * interval, and no more: the more there are, the shorter is the time that so many tasks cover. A batch must be much longer than it
 * takes the load of all of them to change, half a minute at 0.9, or the interval is too narrow. At d = 1 any number gives the same.
 */
function powerOf(d: number, rho: number, tasks: number, n: number): QueueCase {
  const name = `power of ${d}, ρ = ${rho}, ${n} engines`
  const strategy = d === 1 ? 'plainrandom' : `powerOf${d}`
  const queue = { engines: n, rate: n * rho, durations: exponential(1_000), strategy, hwm: 0, tasks, batches: 10 }
  return { name, exact: powerOfDResponse(d, rho), of: 'response', ...queue }
}

/** Two lengths with this squared variation, mean 1 s: the short one a tenth of a second. */
function twoLengths(squaredVariation: number): Distribution {
  // (mean − short)(long − mean) is the variance.
  const long = 1_000 + (squaredVariation * 1_000 ** 2) / 900
  return bimodal({ short: 100, long, longShare: 900 / (long - 100) })
}

/** Bounded to seconds; `factor` multiplies the tasks of each. */
export const queueCases: readonly QueueCase[] = [
  mmc(1, 0.5, 60_000),
  mmc(1, 0.8, 100_000),
  mmc(2, 0.7, 60_000),
  mmc(8, 0.9, 100_000),
  mmc(16, 0.9, 60_000),
  mg1('deterministic', deterministic(1_000), 60_000),
  mg1('exponential', exponential(1_000), 100_000),
  mg1('two lengths', twoLengths(4), 150_000),
  powerOf(1, 0.7, 100_000, 10),
  powerOf(2, 0.7, 150_000, 200),
  powerOf(2, 0.9, 300_000, 200),
  powerOf(3, 0.9, 300_000, 200),
]

/** For a longer run: those, more of them, and heavier ones. */
export const moreQueueCases: readonly QueueCase[] = [
  ...queueCases,
  mmc(1, 0.9, 400_000),
  mmc(2, 0.9, 400_000),
  mmc(4, 0.9, 400_000),
  mmc(16, 0.95, 400_000),
  mg1('two lengths', twoLengths(10), 400_000),
  mg1('lognormal', lognormal({ mean: 1_000, squaredVariation: 4 }), 400_000),
  powerOf(2, 0.5, 400_000, 1_000),
  powerOf(2, 0.9, 600_000, 1_000),
  powerOf(2, 0.95, 1_000_000, 1_000),
  powerOf(5, 0.9, 600_000, 1_000),
]

/**
 * The mean time in seconds, with its 99 % interval. Cases draw from seeds of their own, so that luck does not strike all alike. Of a hundred
 * seeds about one misses: of 200 for M/M/2, three did.
 */
export function simulateQueue(queue: QueueCase, factor = 1, seed: number | string = `2026/${queue.name}`): SteadyMean {
  const { tasks, durations, rate, strategy, hwm, of, batches } = queue
  const workload = generateWorkload({ tasks: tasks * factor, durations, arrivals: poisson({ perSecond: rate }), seed })
  const run = simulateWorkload(workload, { engines: engines(queue.engines), strategy, hwm, seed })
  const until = of === 'wait' ? run.startMs : run.endMs
  const times = until.map((ms, task) => ms - (workload.arrivalMs[task] as number))
  const { mean, halfWidth } = batchMeans(times, { batches })
  return { mean: mean / 1_000, halfWidth: halfWidth / 1_000 }
}
