import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { type WorkloadTask, workloadOf } from '../../../sim/lab/workload-of.ts'

interface Job {
  readonly arrivalMs: number
  readonly durationMs: number
}

/**
 * The least sum of the times from arrival to end that any schedule of one server comes to, if a job may be interrupted at each
 * millisecond: all are tried that do not idle while a job is there. That is no restriction, since all times are whole.
 */
function leastTotalResponse(jobs: readonly Job[]): number {
  const known = new Map<string, number>()
  const from = (nowMs: number, left: readonly number[]): number => {
    if (left.every((ms) => ms === 0)) return 0
    const key = `${nowMs}:${left}`
    const found = known.get(key)
    if (found !== undefined) return found
    // Every millisecond, each job that is there costs one.
    const present = left.filter((ms, i) => ms > 0 && (jobs[i] as Job).arrivalMs <= nowMs).length
    let least = present === 0 ? from(nowMs + 1, left) : Number.POSITIVE_INFINITY
    left.forEach((ms, i) => {
      if (ms > 0 && (jobs[i] as Job).arrivalMs <= nowMs) least = Math.min(least, from(nowMs + 1, left.with(i, ms - 1)))
    })
    known.set(key, present + least)
    return present + least
  }
  return from(
    0,
    jobs.map((job) => job.durationMs),
  )
}

/**
 * Each job in pieces of a millisecond, one after the other: between two of them it can be interrupted. What ends and what arrives at
 * one instant is told to the scheduler in this order; so that who arrives is known when the next piece is chosen, arrivals come
 * a moment early, and the later the earlier, because the first of a busy period sets the beat.
 */
function inPieces(jobs: readonly Job[]): { readonly tasks: WorkloadTask[]; readonly last: number[] } {
  const times = [...new Set(jobs.map((job) => job.arrivalMs))].sort((a, b) => a - b)
  const tasks: WorkloadTask[] = []
  const last = jobs.map((job) => {
    const arrivalMs = job.arrivalMs - times.indexOf(job.arrivalMs) * momentMs
    for (let piece = 0; piece < job.durationMs; piece += 1) {
      tasks.push({ arrivalMs, durationMs: 1, after: piece === 0 ? [] : [tasks.length - 1] })
    }
    return tasks.length - 1
  })
  return { tasks, last }
}

const momentMs = 2 ** -10

function preemptive(jobs: readonly Job[], strategy: string): number {
  const { tasks, last } = inPieces(jobs)
  const { endMs } = simulateWorkload(workloadOf(tasks), { engines: engines(1), strategy, information: 'exact' })
  return Math.round(jobs.reduce((sum, { arrivalMs }, i) => sum + (endMs[last[i] as number] as number) - arrivalMs, 0))
}

function jobsOf(arrivals: fc.Arbitrary<number>): fc.Arbitrary<Job[]> {
  const job = fc.record({ arrivalMs: arrivals, durationMs: fc.integer({ min: 1, max: 5 }) })
  return fc.array(job, { minLength: 1, maxLength: 5, size: 'max' })
}

describe('one server', () => {
  test('srpt: no schedule that may preempt has a smaller mean response', () => {
    let better = 0
    fc.assert(
      fc.property(jobsOf(fc.nat(8)), (jobs) => {
        const least = leastTotalResponse(jobs)
        expect(preemptive(jobs, 'srpt')).toBe(least)
        if (preemptive(jobs, 'fcfs') > least) better += 1
      }),
      { numRuns: 300 },
    )
    // Where there was something to decide.
    expect(better).toBeGreaterThan(50)
  })

  test('srpt interrupts a long job for a short one that comes, at the next of its tasks', () => {
    const jobs = [
      { arrivalMs: 0, durationMs: 5 },
      { arrivalMs: 1, durationMs: 2 },
      { arrivalMs: 2, durationMs: 3 },
    ]
    const { tasks, last } = inPieces(jobs)
    const run = simulateWorkload(workloadOf(tasks), { engines: engines(1), strategy: 'srpt', information: 'exact' })
    expect(last.map((task) => Math.round(run.endMs[task] as number))).toEqual([10, 3, 6])
  })

  test('sjf and srpt: of a batch of tasks, which cannot be interrupted, no order has a smaller mean response', () => {
    fc.assert(
      fc.property(jobsOf(fc.constant(0)), (jobs) => {
        const least = Math.min(...orders(jobs).map(sumOfEnds))
        for (const strategy of ['sjf', 'srpt']) {
          const { endMs } = simulateWorkload(workloadOf(jobs), { engines: engines(1), strategy, information: 'exact' })
          expect(endMs.reduce((sum, ms) => sum + ms)).toBe(least)
        }
      }),
      { numRuns: 100 },
    )
  })
})

function orders(jobs: readonly Job[]): Job[][] {
  if (jobs.length === 0) return [[]]
  return jobs.flatMap((first, i) => orders(jobs.toSpliced(i, 1)).map((rest) => [first, ...rest]))
}

function sumOfEnds(jobs: readonly Job[]): number {
  let endMs = 0
  return jobs.reduce((sum, { durationMs }) => {
    endMs += durationMs
    return sum + endMs
  }, 0)
}
