import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../core/errors.ts'
import { enginesOf, enginesText } from '../../../sim/lab/compare/engines-text.ts'
import { type EngineSpec, engines } from '../../../sim/lab/engine-spec.ts'
import { readSwf } from '../../../sim/lab/read/read-swf.ts'
import { simulatePlan } from '../../../sim/lab/simulate-plan.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'

const four = { cores: 4, memoryBytes: 100 }
const tasksOf = (...memory: number[]) => workloadOf(memory.map((memoryBytes) => ({ durationMs: 10, memoryBytes })))

const anyTask = fc.record({
  durationMs: fc.integer({ min: 1, max: 20 }),
  arrivalMs: fc.integer({ min: 0, max: 20 }),
  cores: fc.integer({ min: 1, max: 4 }),
  memoryBytes: fc.integer({ min: 0, max: 100 }),
})

describe('memory of an engine', () => {
  test('is a second thing that tasks wait for, and others pass those that wait', () => {
    const plan = { engine: [0, 0, 0, 0] }
    const run = simulatePlan(tasksOf(60, 60, 40, 1), plan, { engines: [four] })
    expect([...run.startMs]).toEqual([0, 10, 0, 10])
  })

  test('under a strategy, tasks go only where they fit', () => {
    const specs: EngineSpec[] = [{ cores: 4, memoryBytes: 10 }, { cores: 1, memoryBytes: 100 }, { cores: 4 }]
    const run = simulateWorkload(
      workloadOf([
        { durationMs: 10, memoryBytes: 50 },
        { durationMs: 10, memoryBytes: 500 },
        { durationMs: 10, memoryBytes: 50, cores: 2 },
        { durationMs: 10 },
      ]),
      { engines: specs },
    )
    expect([[1, 2], [2], [2], [0, 1, 2]].map((places, task) => places.includes(run.engine[task] as number))).toEqual([
      true,
      true,
      true,
      true,
    ])
  })

  test('that no engine has is an error that says so', () => {
    const run = (workload: ReturnType<typeof workloadOf>, specs: readonly EngineSpec[]) => () =>
      simulateWorkload(workload, { engines: specs })
    expect(run(tasksOf(1, 101), [four])).toThrow(/task 1 needs 101 bytes of memory, and no engine has more than 100/)
    const both = workloadOf([{ durationMs: 1, cores: 4, memoryBytes: 200 }])
    expect(run(both, [four, { memoryBytes: 300 }])).toThrow(/4 cores and 200 bytes of memory, and no engine has both/)
    expect(() => simulatePlan(tasksOf(101), { engine: [0] }, { engines: [four, {}] })).toThrow(
      /engine 0, which has 100 bytes of memory; it needs 101/,
    )
    expect(() => simulateWorkload(tasksOf(1), { engines: [{ memoryBytes: 0 }] })).toThrow(ConfigurationError)
  })

  test('is never given away twice, and every task runs', () =>
    fc.assert(
      fc.property(fc.array(anyTask, { maxLength: 30 }), fc.constantFrom(0, 1, 'cores'), (list, hwm) => {
        const workload = workloadOf(list)
        const { engine, startMs, endMs } = simulateWorkload(workload, {
          engines: [...engines(2, four), { cores: 4, memoryBytes: 50 }],
          hwm: hwm as number | 'cores',
        })
        for (const [at, limit] of [100, 100, 50].entries()) {
          for (const [one, now] of startMs.entries()) {
            if (engine[one] !== at) continue
            const together = list.filter(
              (_, other) => engine[other] === at && (startMs[other] as number) <= now && (endMs[other] as number) > now,
            )
            expect(together.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)).toBeLessThanOrEqual(limit)
            expect(together.reduce((sum, { cores }) => sum + cores, 0)).toBeLessThanOrEqual(4)
          }
        }
        expect(endMs.every((ms) => ms >= 0)).toBe(true)
      }),
    ))

  test('can be written, and read', () => {
    for (const text of ['8x4:32GiB', '2:100B', '4x8+4x8@2:1500MB']) expect(enginesText(enginesOf(text))).toBe(text)
    expect(enginesOf('1x2:1KiB')).toEqual([{ cores: 2, speed: 1, memoryBytes: 1_024 }])
    expect(() => enginesOf('8x4:much')).toThrow(/units are B, kB/)
  })

  test('of jobs in a log is that of their processors together', () => {
    const line = (used: number, requested: number) => `1 0 0 1 4 -1 ${used} 4 1 ${requested} 1 1 1 1 1 1 -1 -1`
    const { workload } = readSwf([line(10, 20), line(10, -1), line(-1, -1)].join('\n'))
    expect([...(workload.memoryBytes as Float64Array)]).toEqual([80 * 1_024, 40 * 1_024, 0])
  })
})
