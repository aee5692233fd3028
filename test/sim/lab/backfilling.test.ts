import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { engines } from '../../../sim/lab/engine-spec.ts'
import type { InformationMode } from '../../../sim/lab/information.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { type WorkloadTask, workloadOf } from '../../../sim/lab/workload-of.ts'
import { expectNoOversubscription } from './no-oversubscription.ts'
import { type ReferenceRun, type RigidJob, referenceConservative, referenceEasy, referenceFcfs } from './rigid-jobs.ts'

const machine = 8

/** Jobs of one machine that may end earlier than their users say, never later. */
function jobs(widest: number, most: number): fc.Arbitrary<RigidJob[]> {
  const job = fc.record({
    gapMs: fc.nat(6),
    durationMs: fc.integer({ min: 1, max: 20 }),
    moreMs: fc.oneof(fc.constant(0), fc.nat(15)),
    cores: fc.integer({ min: 1, max: widest }),
  })
  return fc.array(job, { minLength: 1, maxLength: most, size: 'max' }).map((list) => {
    let arrivalMs = 0
    return list.map(({ gapMs, durationMs, moreMs, cores }) => {
      arrivalMs += gapMs
      return { arrivalMs, durationMs, estimateMs: durationMs + moreMs, cores }
    })
  })
}

function simulated(strategy: string, list: readonly RigidJob[]): number[] {
  const settings = { engines: engines(1, { cores: machine }), strategy, information: 'user' } as const
  return [...simulateWorkload(workloadOf(list), settings).startMs]
}

const references: Record<string, (list: readonly RigidJob[], machine: number) => ReferenceRun> = {
  fcfs: referenceFcfs,
  easy: referenceEasy,
  conservative: referenceConservative,
}

describe.for(Object.entries(references))('%s', ([name, reference]) => {
  test('begins every job when its definition says, on one machine', () => {
    fc.assert(
      fc.property(jobs(machine, 30), (list) => {
        expect(simulated(name, list)).toEqual(reference(list, machine).startMs)
      }),
      { numRuns: 300 },
    )
  })
})

describe('promises', () => {
  test('EASY: the head of the queue begins when it was told to at the latest, whoever overtakes it', () => {
    let overtaken = 0
    fc.assert(
      fc.property(jobs(machine, 30), (list) => {
        const { promisedMs } = referenceEasy(list, machine)
        const startMs = simulated('easy', list)
        startMs.forEach((ms, i) => {
          expect(ms).toBeLessThanOrEqual(promisedMs[i] as number)
          if (startMs.slice(i + 1).some((later) => later < ms)) overtaken += 1
        })
      }),
      { numRuns: 100 },
    )
    expect(overtaken).toBeGreaterThan(100)
  })

  test('conservative: every job begins when it was told to as it arrived, at the latest', () => {
    fc.assert(
      fc.property(jobs(machine, 30), (list) => {
        const { promisedMs } = referenceConservative(list, machine)
        simulated('conservative', list).forEach((ms, i) => {
          expect(ms).toBeLessThanOrEqual(promisedMs[i] as number)
        })
      }),
      { numRuns: 100 },
    )
  })
})

describe('on several engines, whatever is known, right or wrong', () => {
  const specs = [{ cores: 8 }, { cores: 4, speed: 2 }, { cores: 4, speed: 0.5 }]
  const modes: readonly InformationMode[] = ['exact', 'user', 'mean', 'blind']

  test.for(Object.keys(references))('%s: no core is given twice, and every job ends', (strategy) => {
    const wrongly = fc.array(fc.nat(19), { maxLength: 5 })
    fc.assert(
      fc.property(
        jobs(8, 40),
        fc.constantFrom(...modes),
        wrongly,
        fc.constantFrom(0, 3),
        (list, information, wrong, decisionDelayMs) => {
          const tasks = list.map(
            (job, i): WorkloadTask => ({
              ...job,
              // Some run much longer than their users say.
              ...(wrong.includes(i % 20) ? { estimateMs: 1 } : {}),
            }),
          )
          const run = simulateWorkload(workloadOf(tasks), {
            engines: specs,
            strategy,
            information,
            hwm: 0,
            decisionDelayMs,
          })
          expectNoOversubscription(run)
          expect(run.endMs.every((ms) => ms > 0)).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })
})

test('a job that was overtaken by no other under FCFS is by both, and the wide one is not starved', () => {
  const list: RigidJob[] = [
    { arrivalMs: 0, durationMs: 10, estimateMs: 10, cores: 6 },
    { arrivalMs: 1, durationMs: 5, estimateMs: 5, cores: 8 },
    { arrivalMs: 2, durationMs: 8, estimateMs: 8, cores: 2 },
    { arrivalMs: 3, durationMs: 9, estimateMs: 9, cores: 2 },
  ]
  expect(simulated('fcfs', list)).toEqual([0, 10, 15, 15])
  expect(simulated('easy', list)).toEqual([0, 10, 2, 15])
  expect(simulated('conservative', list)).toEqual([0, 10, 2, 15])
})

test('what nothing is known of is never in the way of the head', () => {
  // A stream of narrow jobs, each of which could begin at once; the wide one must have its turn when what ran before it has ended.
  const list = Array.from({ length: 40 }, (_, i) => ({ arrivalMs: i, durationMs: 6, cores: i === 10 ? 8 : 2 }))
  for (const strategy of ['easy', 'conservative']) {
    const { startMs } = simulateWorkload(workloadOf(list), {
      engines: engines(1, { cores: machine }),
      strategy,
      information: 'blind',
    })
    expect(startMs[10]).toBeLessThan(Math.max(...startMs.slice(25)))
  }
})
