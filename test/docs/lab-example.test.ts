import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// From here on docs/LAB.md shows it.
import { strategy } from 'yardmaster/scheduler'
import {
  batchMeans,
  engines,
  exponential,
  generateWorkload,
  metricsOf,
  poisson,
  readSwf,
  simulatePlan,
  simulateWorkload,
  workloadOf,
} from 'yardmaster/sim'

test('a plan', () => {
  const graph = workloadOf([
    { durationMs: 2_000, outputs: [{ bytes: 64 * 2 ** 20 }] },
    { durationMs: 1_000, inputs: [[0, 0]] }, // output 0 of task 0
    { durationMs: 500, cores: 2, after: [0, 1] }, // waits, without data
  ])
  const { startMs, makespanMs } = simulatePlan(
    graph,
    { engine: [0, 1, 1], priority: [3, 2, 1] },
    { engines: engines(2, { cores: 4 }), network: { model: 'maxmin', bytesPerSecond: 256 * 2 ** 20 } },
  )
  expect([...startMs, makespanMs]).toEqual([0, 2_250, 3_250, 3_750])
})

test('a workload under two strategies', () => {
  const workload = generateWorkload({
    tasks: 50_000,
    durations: exponential(100), // milliseconds
    arrivals: poisson({ perSecond: 80 }),
    seed: 1,
  })
  const waits = ['plainrandom', 'powerOf2'].map((name) => {
    const run = simulateWorkload(workload, { engines: engines(10), strategy: name, hwm: 0, seed: 1 })
    return metricsOf(run).waitMs.mean
  })
  expect(waits.map(Math.round)).toEqual([404, 108])
})

test('the shortest task first, where durations are known', () => {
  const shortest = strategy('shortest', {
    information: 'estimates',
    start({ estimates }) {
      return {
        rank: (task) => estimates.durationMs(task) ?? 0,
        choose: (_task, free) => free.leastLoaded(),
      }
    },
  })
  const batch = workloadOf([{ durationMs: 300 }, { durationMs: 100 }, { durationMs: 200 }])
  const settings = { engines: engines(1), strategy: shortest }
  expect([...simulateWorkload(batch, { ...settings, information: 'exact' }).startMs]).toEqual([300, 0, 100])
  expect([...simulateWorkload(batch, { ...settings, information: 'blind' }).startMs]).toEqual([0, 300, 400])
})

test('the long run', () => {
  const workload = generateWorkload({
    tasks: 100_000,
    durations: exponential(1_000),
    arrivals: poisson({ perSecond: 0.5 }),
  })
  const { endMs } = simulateWorkload(workload, { engines: engines(1) })
  const { mean, halfWidth } = batchMeans(endMs.map((ms, task) => ms - (workload.arrivalMs[task] ?? 0)))
  expect(Math.abs(mean - 2_000)).toBeLessThan(halfWidth) // M/M/1 at ρ = 0.5: 2 s
})

test('rigid jobs of a log', () => {
  const log = readSwf(
    [
      '; MaxProcs: 8', // job, submit, wait, run, processors, CPU, memory, then what was requested, status, and seven more
      '1 0 -1 10 6 -1 -1 6 10 -1 1 -1 -1 -1 -1 -1 -1 -1',
      '2 1 -1  5 8 -1 -1 8  5 -1 1 -1 -1 -1 -1 -1 -1 -1',
      '3 2 -1  8 2 -1 -1 2  8 -1 1 -1 -1 -1 -1 -1 -1 -1',
      '4 3 -1  9 2 -1 -1 2  9 -1 1 -1 -1 -1 -1 -1 -1 -1',
    ].join('\n'),
  )
  const machine = engines(1, { cores: Number(log.header.MaxProcs) })
  const begins = (strategy: string) => {
    const { startMs } = simulateWorkload(log.workload, { engines: machine, strategy, information: 'user' })
    return [...startMs].map((ms) => ms / 1_000)
  }
  expect(begins('fcfs')).toEqual([0, 10, 15, 15])
  expect(begins('easy')).toEqual([0, 10, 2, 15]) // job 3 ends before job 2 can begin; job 4 would not
})

test('the guide shows these examples', () => {
  const [guide, examples] = ['../../docs/LAB.md', 'lab-example.test.ts'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  ) as [string, string]
  const bodies = [...examples.matchAll(/^test\('[^'\n]*', \(\) => \{\n(.*?)^\}\)/gms)].map(
    (match) => match[1] as string,
  )
  const shown = bodies.slice(0, -1).map((body) => body.replace(/^ {2}/gm, ''))
  expect(shown.length).toBeGreaterThan(0)
  for (const body of shown) expect(guide).toContain(body)
})
