import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { freshSeed } from '../../core/random.ts'
import { faultKinds } from '../../sim/faults.ts'
import { repeatKinds } from '../../sim/repeats.ts'
import { runSeed } from '../../sim/run-seed.ts'
import { SimulationError, simulate } from '../../sim/simulate.ts'
import type { SimulatedProcess } from '../../sim/simulated-process.ts'
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
  if (runs >= 20) expect([...kinds.keys()].sort()).toEqual([...faultKinds].sort())
})

test('what can come twice does: what a peer that comes back says again, and what an earlier link still brings', async () => {
  const kinds = new Set<string>()
  // Two that have them all, or had; and whichever it takes.
  const seeds = [32, 38, ...Array.from({ length: 200 }, (_, i) => i)]
  for (const seed of seeds) {
    if (kinds.size === repeatKinds.length) break
    const { finding, story, repeats } = await runSeed(seed, { messages: true })
    if (finding !== undefined) throw new Error(`seed ${seed}: ${finding}\n${story.join('\n')}`)
    for (const [kind] of repeats) kinds.add(kind)
  }
  expect([...kinds].sort()).toEqual([...repeatKinds].sort())
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

test('each process has a monotonic clock of its own, which neither jumps with the wall clock nor goes on while its machine sleeps', async () => {
  await simulate({ seed: 1, faults: false, engines: 1, unevenClocks: true }, async ({ cluster }) => {
    const [some, other] = [cluster.newProcess('some'), cluster.newProcess('other')]
    const reading = ({ clock }: SimulatedProcess) => [clock.now(), clock.wallTime()] as const
    const [someBefore, otherBefore] = [reading(some), reading(other)]
    expect(Math.abs(someBefore[0] - otherBefore[0])).toBeGreaterThan(1_000)
    some.clock.setWall(-3_600_000)
    other.sleep()
    const fired: number[] = []
    other.clock.after(10_000, () => fired.push(cluster.timeline.now))
    const startedAt = cluster.timeline.now
    await sleep(100_000)
    other.resume()
    await sleep(20_000)
    const [someAfter, otherAfter] = [reading(some), reading(other)]
    expect(someAfter[0] - someBefore[0]).toBeCloseTo(120_000, -3)
    expect(someAfter[0] - someBefore[0]).not.toBe(120_000)
    expect(someAfter[1] - someBefore[1]).toBeCloseTo(120_000 - 3_600_000, -3)
    expect(otherAfter[0] - otherBefore[0]).toBeCloseTo(20_000, -3)
    expect(otherAfter[1] - otherBefore[1]).toBeCloseTo(120_000, -3)
    expect(fired.map((at) => at - startedAt)).toEqual([expect.closeTo(110_000, -3)])
  })
})

test('a program is simulated with its own timers, and time passes at once', async () => {
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

test('the process of an engine is found by the number that results have of it', async () => {
  await simulate({ seed: 4, engines: 3, faults: false }, async ({ cluster }) => {
    const client = await cluster.connect(cluster.program)
    const view = client.loadBalancedView().with({ retryOnEngineLoss: false })
    const result = view.apply(() => sleep(5_000))
    await sleep(1_000)
    const [task] = await client.query({ ids: result })
    cluster.kill(cluster.processOf(task?.engineId as number) as SimulatedProcess, true)
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    expect(cluster.processOf(99)).toBeUndefined()
  })
})
