/** Takes the measurements of one suite in rounds, in which the cases of a measure take turns. */
import type { RecordableHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { TimeoutError } from '../core/errors.ts'
import { type Random, seededRandom } from '../core/random.ts'
import { neededForTargets } from './needed-for-targets.ts'
import { isAt, type Place, placeOf } from './places.ts'
import type { CaseReport, MeasureReport, SuiteReport } from './report.ts'
import { estimate, ratios } from './statistics.ts'
import type { Case, Measure, OpenSuite, Sample, Suite, SuiteOptions, Target } from './suite.ts'

export interface RunOptions extends SuiteOptions {
  /** How many rounds are kept at most. */
  readonly roundsMax: number
  /** No round begins later than this after the suite began to open, but for those that there must be. */
  readonly budgetMs: number
  readonly roundsMin: number
  readonly warmUps: number
  /** Measures whose name holds this text; absent: all. */
  readonly only?: string | undefined
  /** What is needed to judge the targets, and nothing else. */
  readonly isForTargets?: boolean | undefined
}

/** Far above what any single measurement should take: it ends a suite that hangs. */
const limitMs = 180_000
/** Of a suite that has failed. */
const failedCloseLimitMs = 5_000

interface Taken {
  readonly measure: Measure
  readonly one: Case
  readonly samples: Sample[]
}

export async function runSuite(name: string, suite: Suite, options: RunOptions): Promise<SuiteReport> {
  const begin = performance.now()
  const opened = await limited(`opening the suite ${name}`, () => suite.open(options))
  const close = (ms?: number) => limited(`closing the suite ${name}`, () => opened.close(), ms)
  let taken: Omit<SuiteReport, 'name' | 'seconds'>
  try {
    taken = await takeAll(opened, options, begin)
  } catch (error) {
    // What failed is the news, and may be why closing fails, too.
    await close(failedCloseLimitMs).catch(() => {})
    throw error
  }
  const seconds = (performance.now() - begin) / 1000
  await close()
  return { name, seconds, ...taken }
}

async function takeAll(
  { measures, notes = [] }: OpenSuite,
  { only = '', isForTargets, budgetMs, roundsMin, roundsMax, warmUps: warmUpsMax }: RunOptions,
  begin: number,
): Promise<Omit<SuiteReport, 'name' | 'seconds'>> {
  const named = measures.filter((measure) => measure.name.includes(only))
  const chosen = isForTargets ? named.map(neededForTargets).filter(({ cases }) => cases.length > 0) : named
  const measured = chosen.map((measure) => ({
    measure,
    cases: measure.cases.map((one): Taken => ({ measure, one, samples: [] })),
  }))
  const once = measured.filter(({ measure }) => measure.once)
  const repeated = measured.filter(({ measure }) => !measure.once)
  for (const { cases } of once) await takeRound(cases, 0)
  // Rounds that count come first where there is hardly time for them.
  const isTimeToWarmUp = () => performance.now() < begin + budgetMs / 2
  let warmUps = 0
  for (; warmUps < warmUpsMax && isTimeToWarmUp(); warmUps += 1) {
    for (const { cases } of repeated) await takeRound(cases, warmUps)
  }
  for (const { cases } of repeated) for (const taken of cases) forget(taken)
  let rounds = 0
  const isTimeLeft = () => rounds < roundsMin || performance.now() < begin + budgetMs
  for (; repeated.length > 0 && rounds < roundsMax && isTimeLeft(); rounds += 1) {
    for (const { cases } of repeated) await takeRound(cases, rounds)
  }
  return { rounds, warmUps, notes, measures: measured.map(({ measure, cases }) => measureReport(measure, cases)) }
}

/** In an order of its own each round: what one case leaves to the collector, and to the caches, must not always be the same other's to pay. */
async function takeRound(cases: readonly Taken[], round: number): Promise<void> {
  for (const { measure, one, samples } of shuffled(cases, seededRandom(round))) {
    const at = one.at === undefined ? '' : ` at ${one.at}`
    samples.push(await limited(`“${measure.name}” of ${one.subject}${at}`, () => one.take()))
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    ;[order[last], order[other]] = [order[other] as T, order[last] as T]
  }
  return order
}

function forget({ one, samples }: Taken): void {
  samples.length = 0
  one.latencies?.reset()
}

async function limited<T>(what: string, work: () => T | Promise<T>, ms = limitMs): Promise<T> {
  const watch = new AbortController()
  const late = sleep(ms, undefined, { signal: watch.signal }).then(() => {
    throw new TimeoutError(`${what} did not end within ${ms / 1000} s.`)
  })
  // Not yet awaited when it is called off.
  late.catch(() => {})
  try {
    return await Promise.race([work(), late])
  } finally {
    watch.abort()
  }
}

function measureReport(measure: Measure, cases: readonly Taken[]): MeasureReport {
  const { name, figures, parameter } = measure
  return {
    name,
    figures,
    ...(parameter ? { parameter } : {}),
    cases: cases.map((taken) => caseReport(taken, cases, figures)),
  }
}

function caseReport({ one, samples }: Taken, all: readonly Taken[], figures: Measure['figures']): CaseReport {
  const names = Object.keys(figures)
  const { subject, at, reference, targets, latencies } = one
  const caseAt = (place: Place) => all.find(({ one: other }) => isAt(other, placeOf(one, place)))
  const base = reference && placeOf(one, reference)
  const against = reference && caseAt(reference)
  if (base && !against) throw new Error(`${subject} refers to ${base.subject}, which is not measured beside it`)
  const valuesOf = (of: readonly Sample[], figure: string) => of.map((sample) => sample[figure] ?? Number.NaN)
  const summaryOf = (figure: string) => {
    const value = estimate(valuesOf(samples, figure))
    if (!against || figures[figure]?.isComparable === false) return { value }
    return { value, ratio: estimate(ratios(valuesOf(samples, figure), valuesOf(against.samples, figure))) }
  }
  const measuredOf = ({ figure, to }: Target) => {
    if (!to) return { measured: estimate(valuesOf(samples, figure)) }
    const other = caseAt(to)
    if (!other) return {}
    return { measured: estimate(ratios(valuesOf(samples, figure), valuesOf(other.samples, figure))) }
  }
  return {
    subject,
    ...(at === undefined ? {} : { at }),
    ...(base ? { reference: base } : {}),
    ...(targets ? { targets: targets.map((target) => ({ ...target, ...measuredOf(target) })) } : {}),
    samples: Object.fromEntries(names.map((figure) => [figure, valuesOf(samples, figure)])),
    summary: Object.fromEntries(names.map((figure) => [figure, summaryOf(figure)])),
    ...(latencies && latencies.count > 0 ? { distribution: distributionOf(latencies) } : {}),
  }
}

function distributionOf(latencies: RecordableHistogram): NonNullable<CaseReport['distribution']> {
  return [...latencies.percentiles].map(([percent, ns]) => ({ percent, us: ns / 1000 }))
}
