import { describe, expect, test } from 'vitest'
import { poisson } from '../../../sim/lab/arrival-processes.ts'
import { exponential } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'
import { metricsOf } from '../../../sim/lab/metrics.ts'
import { type SimulationSettings, simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { type WorkloadTask, workloadOf } from '../../../sim/lab/workload-of.ts'

describe('locality', () => {
  const network = { model: 'simple', bytesPerSecond: 1_000 } as const
  const settings = { engines: engines(3), network, strategy: 'locality', information: 'exact', hwm: 0 } as const
  const made = (bytes: number): WorkloadTask => ({ durationMs: 1_000, outputs: [{ bytes }] })

  test('goes where most bytes of the inputs lie', () => {
    const inputs = [0, 1, 2].map((task) => [task, 0] as const)
    const { engine, bytesMoved } = simulateWorkload(
      workloadOf([made(300), made(500), made(400), { durationMs: 1_000, inputs }]),
      settings,
    )
    expect(engine[3]).toBe(engine[1])
    expect(bytesMoved).toBe(700)
  })

  test('adds up what lies at one engine', () => {
    const tasks = [made(300), made(500), made(400), made(300)]
    const first = simulateWorkload(workloadOf(tasks), settings)
    // The fourth is at the engine of one of the others.
    const twin = [0, 1, 2].find((task) => first.engine[task] === first.engine[3]) as number
    const all = [0, 1, 2, 3].map((task) => [task, 0] as const)
    const { engine } = simulateWorkload(workloadOf([...tasks, { durationMs: 1, inputs: all }]), settings)
    expect(engine[4]).toBe(engine[twin])
  })

  test('takes the less loaded where as much lies at two', () => {
    const long = { durationMs: 5_000 }
    const tasks = [made(400), made(400), made(400), long, { durationMs: 1 }, long]
    for (const holders of [
      [0, 1],
      [1, 2],
    ]) {
      const inputs = holders.map((task) => [task, 0] as const)
      const last = { durationMs: 1, arrivalMs: 2_000, inputs }
      const { engine } = simulateWorkload(workloadOf([...tasks, last]), settings)
      // Each engine has made one, and all but the second are busy.
      expect(engine.slice(3, 6)).toEqual(engine.slice(0, 3))
      expect(engine[6]).toBe(engine[1])
    }
  })

  test('moves less than the least loaded does', () => {
    const tasks = Array.from(
      { length: 60 },
      (_, i): WorkloadTask => ({
        durationMs: 100 + ((i * 37) % 50),
        outputs: [{ bytes: 1_000 + ((i * 53) % 700) }],
        ...(i < 10
          ? {}
          : {
              inputs: [
                [i - 10, 0],
                [i - 7 - (i % 3), 0],
              ] as const,
            }),
      }),
    )
    const moved = (strategy: string) => simulateWorkload(workloadOf(tasks), { ...settings, strategy }).bytesMoved
    expect(moved('locality')).toBeLessThan(moved('leastload') / 2)
  })
})

describe('in the long run', () => {
  const workload = (perSecond: number) =>
    generateWorkload({ tasks: 20_000, durations: exponential(1_000), arrivals: poisson({ perSecond }), seed: 3 })
  const response = (strategy: string, settings: SimulationSettings, perSecond = 9) =>
    metricsOf(simulateWorkload(workload(perSecond), { hwm: 0, ...settings, strategy })).responseMs.mean

  test('what knows the speed of engines does better where that differs', () => {
    const settings = { engines: [...engines(5, { speed: 0.5 }), ...engines(5, { speed: 2 })] }
    expect(response('sed', settings)).toBeLessThan(response('jsq', settings))
    expect(response('weightedRoundRobin', settings)).toBeLessThan(response('roundRobin', settings))
  })

  test('the more is known when a task is bound to an engine, the sooner it ends', () => {
    const settings = { engines: engines(10) }
    const inOrder = ['workStealing', 'joinIdleQueue', 'powerOf2', 'plainrandom']
    const means = inOrder.map((name) => response(name, settings))
    expect(means).toEqual(means.toSorted((a, b) => a - b))
    // One task each: who is asked by two engines goes to the one that is free first.
    expect(response('lateBinding', settings)).toBeLessThan(response('powerOf2', settings))
  })

  test('the shortest first has the least mean response of all', () => {
    const settings = { engines: engines(10), information: 'exact' } as const
    expect(response('sjf', settings)).toBeLessThan(response('fcfs', settings))
    expect(response('srpt', settings)).toBe(response('sjf', settings))
  })
})
