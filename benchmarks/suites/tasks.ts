/** Tasks beside other pools: the same calls of the same functions, on as many workers. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type ContenderName, type Contenders, openContenders } from '../peers/contenders.ts'
import type { Job } from '../peers/job.ts'
import { quantileOf } from '../statistics.ts'
import type { Case, Measure, Sample, Size, Suite } from '../suite.ts'
import { taskTargets } from './task-targets.ts'

const ours = ['Yardmaster, threads', 'Yardmaster, ZeroMQ', 'Yardmaster, WebSocket'] as const
const ofNode = ['piscina', 'tinypool', 'workerpool', 'poolifier'] as const
const ofPython = ['ipyparallel', 'dask'] as const
const links = ['ZeroMQ, raw', 'WebSocket, raw'] as const
const pools = [...ours, ...ofNode, ...ofPython]
const all: readonly ContenderName[] = [...pools, 'bare threads', ...links]

/** Starting them all takes longer than a quick run may. */
const contendersOf: Readonly<Record<Size, readonly ContenderName[]>> = {
  least: ['Yardmaster, threads', 'Yardmaster, WebSocket', 'piscina', 'bare threads', 'WebSocket, raw'],
  quick: [...ours, 'piscina', 'poolifier', 'bare threads', ...links],
  full: all,
}

const workers = 4
/** No more than small machines have cores: what computes is to be limited by nothing but its pool. */
const computingWorkers = 2

/** Of a pool that takes milliseconds for a call: a rate is had of fewer. */
const isSlow = (name: ContenderName) => name === 'ipyparallel' || name === 'dask'

const isOfThreads = (name: ContenderName) => ['Yardmaster, threads', ...ofNode, 'bare threads'].includes(name)

interface Sizes {
  readonly burst: number
  readonly slowBurst: number
  readonly singles: number
  readonly slowSingles: number
  readonly items: number
  /** How long the work keeps every worker busy. */
  readonly spanMs: number
  readonly longSpanMs: number
  readonly medium: number
  readonly large: number
}

const sizesOf: Readonly<Record<Size, Sizes>> = {
  least: {
    burst: 20,
    slowBurst: 20,
    singles: 5,
    slowSingles: 5,
    items: 100,
    spanMs: 10,
    longSpanMs: 100,
    medium: 2,
    large: 0,
  },
  quick: {
    burst: 3_000,
    slowBurst: 50,
    singles: 200,
    slowSingles: 10,
    items: 50_000,
    spanMs: 50,
    longSpanMs: 200,
    medium: 4,
    large: 0,
  },
  full: {
    burst: 100_000,
    slowBurst: 1_000,
    singles: 2_000,
    slowSingles: 100,
    items: 1_000_000,
    spanMs: 300,
    longSpanMs: 2_000,
    medium: 40,
    large: 4,
  },
}

/** 1 to 100 ms, 20 on average, in no order: most tasks are short, and most of the time goes into long ones. */
const mixedMs = [5, 100, 2, 16, 1, 33, 12, 3, 20, 8]

export const tasks: Suite = {
  async open({ size }) {
    const names = contendersOf[size]
    const four = await openContenders(names, workers)
    const two = await openContenders(names.filter(isOfThreads), computingWorkers)
    const absent = all.filter((name) => !names.includes(name))
    return {
      measures: measures(four, two, sizesOf[size]),
      notes: [
        ...four.notes,
        ...(absent.length > 0 ? [`A quick run leaves out ${absent.join(', ')}.`] : []),
        'Four workers, unless another number is said: threads (ours, the pools of Node) or processes (ours over ZeroMQ and WebSocket, ipyparallel, dask, whose controllers and clients are processes, too).',
        'A task that sleeps blocks its worker; one that computes takes a fixed number of steps. Bare threads are told their shares in advance: no pool can do better.',
      ],
      async close() {
        await Promise.all([four.close(), two.close()])
      },
    }
  },
}

function measures(four: Contenders, two: Contenders, sizes: Sizes): Measure[] {
  const { burst, slowBurst, items, spanMs, longSpanMs, medium, large } = sizes
  const countOf = (name: ContenderName) => (isSlow(name) ? slowBurst : burst)
  const nothing = (name: ContenderName, window: number): Job => ({ work: 'nothing', count: countOf(name), window })
  const sleepers = [...pools, 'bare threads'] as const
  const sleep = (ms: readonly number[], span: number) => filling('sleep', ms, workers, span)
  return [
    rate(four, 'tasks that do nothing, all submitted at once', pools, (name) => nothing(name, countOf(name))),
    rate(four, 'tasks that do nothing, 1,000 under way', pools, (name) =>
      nothing(name, Math.ceil(Math.min(1_000, countOf(name) / 2))),
    ),
    oneByOne(four, sizes),
    rate(four, 'a map that adds 1 to each of many numbers', ours, () => ({
      work: 'increment',
      count: items,
      window: items,
      isMap: true,
    })),
    busy(four, 'tasks that sleep 1 ms', sleepers, sleep([1], spanMs)),
    busy(four, 'tasks that sleep 10 ms', sleepers, sleep([10], spanMs)),
    busy(four, 'a map of sleeps of 1 to 100 ms', sleepers, sleep(mixedMs, longSpanMs)),
    busy(
      two,
      'a map of computations of 1 to 100 ms, two workers',
      two.names,
      filling('compute', mixedMs, computingWorkers, longSpanMs),
    ),
    thereAndBack(four, '1 MB there and back, 4 under way', 1_000_000, medium, 4),
    ...(large > 0 ? [thereAndBack(four, '64 MB there and back, 2 under way', 64_000_000, large, 2)] : []),
  ]
}

/** The cases of those that there are here. */
function measure(
  contenders: Contenders,
  name: string,
  among: readonly ContenderName[],
  reference: ContenderName,
  figures: Measure['figures'],
  take: (contender: ContenderName) => Promise<Sample>,
): Measure {
  const present = among.filter((one) => contenders.names.includes(one))
  const hasReference = present.includes(reference)
  return {
    name,
    figures,
    cases: present.map(
      (subject): Case => ({
        subject,
        ...(hasReference && subject !== reference ? { reference: { subject: reference } } : {}),
        targets: taskTargets(name, subject),
        take: () => take(subject),
      }),
    ),
  }
}

function rate(
  contenders: Contenders,
  name: string,
  among: readonly ContenderName[],
  jobOf: (name: ContenderName) => Job,
): Measure {
  const figures = { rate: { unit: 'a second', better: 'higher' } } as const
  return measure(contenders, name, among, 'piscina', figures, async (contender) => {
    const job = jobOf(contender)
    return { rate: job.count / (await secondsOf(contenders, contender, job)) }
  })
}

function oneByOne(contenders: Contenders, { singles, slowSingles }: Sizes): Measure {
  const name = 'a task that does nothing, one at a time'
  const us = { unit: 'µs', better: 'lower' } as const
  const histograms = new Map<string, RecordableHistogram>()
  const found = measure(contenders, name, all, 'piscina', { p50: us, p99: us }, take)
  return { ...found, cases: found.cases.map(withHistogram) }

  async function take(contender: ContenderName): Promise<Sample> {
    const count = isSlow(contender) ? slowSingles : singles
    const times = (await contenders.run(contender, { work: 'nothing', count, window: 1 }))?.timesUs ?? []
    for (const time of times) histograms.get(contender)?.record(Math.max(1, Math.round(time * 1000)))
    return { p50: quantileOf(times, 0.5), p99: quantileOf(times, 0.99) }
  }

  function withHistogram(one: Case): Case {
    const latencies = createHistogram()
    histograms.set(one.subject, latencies)
    return { ...one, latencies }
  }
}

/** How many of the workers were at work, on average. */
function busy(contenders: Contenders, name: string, among: readonly ContenderName[], job: Job): Measure {
  const { ms = [], count } = job
  const seconds = Array.from({ length: count }, (_, i) => (ms[i % ms.length] as number) / 1000)
  const work = seconds.reduce((sum, one) => sum + one, 0)
  const figures = { busy: { unit: 'workers busy', better: 'higher' } } as const
  return measure(contenders, name, among, 'bare threads', figures, async (contender) => ({
    busy: work / (await secondsOf(contenders, contender, job)),
  }))
}

/** As many calls as keep every worker busy for so long; in whole turns of the list. */
function filling(work: Job['work'], ms: readonly number[], workers: number, spanMs: number): Job {
  const turn = ms.reduce((sum, one) => sum + one, 0)
  const count = ms.length * Math.max(1, Math.round((workers * spanMs) / turn))
  return { work, ms, count, window: count, isMap: ms.length > 1 }
}

function thereAndBack(contenders: Contenders, name: string, bytes: number, count: number, window: number): Measure {
  const figures = { rate: { unit: 'GB/s each way', better: 'higher' } } as const
  return measure(contenders, name, all, 'bare threads', figures, async (contender) => {
    const job: Job = { work: 'back', bytes, count, window: Math.min(count, window) }
    return { rate: (bytes * count) / 1e9 / (await secondsOf(contenders, contender, job)) }
  })
}

/** NaN of what the contender cannot do. */
async function secondsOf(contenders: Contenders, name: ContenderName, job: Job): Promise<number> {
  return (await contenders.run(name, job))?.seconds ?? Number.NaN
}
