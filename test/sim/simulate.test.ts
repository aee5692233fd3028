import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { freshSeed } from '../../core/random.ts'
import { runSeed } from '../../sim/run-seed.ts'
import { SimulationError, simulate } from '../../sim/simulate.ts'
import { workload } from '../../sim/workload.ts'

const { setTimeout: realSetTimeout, Date: RealDate } = globalThis

afterEach(() => {
  expect(globalThis.setTimeout).toBe(realSetTimeout)
  expect(globalThis.Date).toBe(RealDate)
})

/** `PROPERTY_SEED=… PROPERTY_RUNS=…` repeats or prolongs it; `yardmaster simulate --faults --seeds 10000` tries many. */
const first = Number(process.env.PROPERTY_SEED ?? Math.abs(freshSeed()) % 1_000_000_000)
const runs = Number(process.env.PROPERTY_RUNS ?? 20)

test('whatever goes wrong, every task ends once and rightly, and nothing stays behind', {
  timeout: Math.max(120_000, runs * 5_000),
}, async () => {
  // XState tells so of what is sent to a machine that has stopped.
  const warn = vi.spyOn(console, 'warn')
  const kinds = new Map<string, number>()
  for (let seed = first; seed < first + runs; seed += 1) {
    const { finding, story, tasks, faults } = await runSeed(seed)
    if (finding !== undefined) throw new Error(`seed ${seed}: ${finding}\n${story.join('\n')}`)
    expect(tasks).toBeGreaterThan(0)
    for (const [kind, count] of faults) kinds.set(kind, (kinds.get(kind) ?? 0) + count)
  }
  expect(warn).not.toHaveBeenCalled()
  if (runs >= 20) expect(kinds.size).toBe(14)
})

test('27: the same seed gives the same run, to the last message', async () => {
  const [some, others] = [
    await runSeed(4, { messages: true, story: true }),
    await runSeed(4, { messages: true, story: true }),
  ]
  expect(some.story.length).toBeGreaterThan(500)
  expect(others).toEqual(some)
})

test('without faults everything succeeds that can', async () => {
  const report = await simulate({ seed: 1, faults: false }, (world) => workload(world, { tasks: 100 }))
  expect(report.faults.size).toBe(0)
})

test('a program is simulated with its own timers, and time passes at once', async () => {
  const startedAt = performance.now()
  const report = await simulate(
    { seed: 1, faults: false, engines: 2, patienceMs: 100_000_000 },
    async ({ cluster }) => {
      const client = await cluster.connect(cluster.program)
      await client.waitForEngines(2)
      const began = Date.now()
      const slept = client.loadBalancedView().map(
        async (ms: number) => {
          await new Promise((resolve) => setTimeout(resolve, ms))
          return new Date().toISOString().slice(0, 13)
        },
        [3_600_000, 3_600_000],
      )
      expect(await slept).toEqual(['2026-01-01T01', '2026-01-01T01'])
      await sleep(60_000)
      expect(Date.now() - began).toBeGreaterThan(3_660_000)
    },
  )
  expect(report.simulatedMs).toBeGreaterThan(3_660_000)
  expect(performance.now() - startedAt).toBeLessThan(report.simulatedMs / 10)
})

test('what a program rejects with is told with the seed and the story', async () => {
  const failing = simulate({ seed: 9, faultsMs: 1_000 }, async ({ note }) => {
    note('the program does something')
    throw new RangeError('this must not be')
  })
  const error = await failing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SimulationError)
  expect(error).toMatchObject({ seed: 9, code: 'YM_SIMULATION' })
  expect((error as Error).message).toContain('with seed 9: this must not be')
  expect((error as Error).message).toContain('the program does something')
})

test('a program that does not end is told so', async () => {
  const endless = simulate({ seed: 1, faults: false, patienceMs: 10_000 }, () => new Promise(() => {}))
  await expect(endless).rejects.toThrow('has not ended 10000 ms after everything was healed')
})
