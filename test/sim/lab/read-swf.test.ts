import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { WorkloadError } from '../../../core/errors.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { metricsOf } from '../../../sim/lab/metrics.ts'
import { readSwf } from '../../../sim/lab/read/read-swf.ts'
import { readWorkload } from '../../../sim/lab/read/workload-formats.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'
import { expectNoOversubscription } from './no-oversubscription.ts'
import { type RigidJob, referenceConservative, referenceEasy, referenceFcfs } from './rigid-jobs.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const beginning = readFileSync(at('./fixtures/hpc2n-beginning.swf'), 'utf8')
/** Its first 3,170 jobs, where they lie beside the repository. */
const whole = at('../../../../shared/data/swf/hpc2n.swf')
if (!existsSync(whole)) {
  console.log(
    `only the beginning of the log of HPC2N is read: ${whole} is not there. It has the first 3,170 jobs of HPC2N-2002-2.2-cln of the Parallel Workloads Archive, https://www.cs.huji.ac.il/labs/parallel/workload/l_hpc2n/.`,
  )
}

/** A line of a log; what is not given is not known. */
function line(
  fields: Partial<Record<'job' | 'submit' | 'run' | 'allocated' | 'requested' | 'time' | 'status', number | string>>,
): string {
  const { job = 1, submit = 0, run = -1, allocated = -1, requested = -1, time = -1, status = 1 } = fields
  return [job, submit, -1, run, allocated, -1, -1, requested, time, -1, status, -1, -1, -1, -1, -1, -1, -1].join(' ')
}

describe('a log in the Standard Workload Format', () => {
  test('its jobs are rigid tasks', () => {
    const text = [
      '; Version: 2.2',
      ';  MaxProcs:   8 ',
      '; MaxProcs: 9',
      '; a remark: of no meaning',
      line({ job: 7, submit: 5, run: 10.5, allocated: 4, requested: 2, time: 60 }),
      '',
      `  ${line({ job: 8, submit: 3, run: 0, requested: 2 })}\r`,
    ].join('\n')
    const { workload, job, leftOut, header } = readSwf(text)
    expect([...job]).toEqual([7, 8])
    expect([...workload.arrivalMs]).toEqual([5_000, 3_000])
    expect([...workload.durationMs]).toEqual([10_500, 0])
    expect([...workload.estimateMs]).toEqual([60_000, Number.NaN])
    expect([...workload.cores]).toEqual([4, 2])
    expect(leftOut).toEqual([])
    expect(header).toEqual({ Version: '2.2', MaxProcs: '8' })
  })

  test('what ran counts, however it ended; what did not, or nobody knows how long or how wide, and parts, are left out', () => {
    const some = { run: 1, allocated: 1 }
    const text = [
      ...[0, 1, 5, -1].map((status) => line({ ...some, status })),
      line({ job: 2, status: 5, allocated: 1 }),
      line({ job: 3, run: 1 }),
      line({ job: 4, run: 1, allocated: 0, requested: 0 }),
      ...[2, 3, 4].map((status) => line({ ...some, job: 5, status })),
    ].join('\n')
    const { job, leftOut } = readSwf(text)
    expect([...job]).toEqual([1, 1, 1, 1])
    expect(leftOut).toEqual([
      { line: 5, job: 2, reason: 'no run time' },
      { line: 6, job: 3, reason: 'no processors' },
      { line: 7, job: 4, reason: 'no processors' },
      ...[8, 9, 10].map((at) => ({ line: at, job: 5, reason: 'part of a job' })),
    ])
  })

  test.for([
    ['', /^mine\.swf: holds no job$/],
    ['; only a remark', /^mine\.swf: holds no job$/],
    [line({}), /^mine\.swf: holds 1 jobs, none with both run time and processors$/],
    ['1 2 3', /^mine\.swf, line 1: has 3 fields, not 18$/],
    [`;\n${line({})} 1`, /^mine\.swf, line 2: has 19 fields, not 18$/],
    [line({ run: 'soon' }), /line 1: run time must be a number, not 'soon'$/],
    [line({ run: 'Infinity' }), /line 1: run time must be a number, not 'Infinity'$/],
    [line({ run: -2 }), /line 1: run time must be from 0 on, or -1, not -2$/],
    [line({ submit: -1 }), /line 1: submit time must be known, and is -1$/],
    [line({ allocated: 1.5 }), /line 1: number of allocated processors must be whole, not 1\.5$/],
    [line({ job: 0.5 }), /line 1: job number must be whole, not 0\.5$/],
  ] as const)('says what is wrong with %j', ([text, message]) => {
    const read = () => readSwf(text, 'mine.swf')
    expect(read).toThrow(WorkloadError)
    expect(read).toThrow(message)
  })

  test('is known by its ending', () => {
    expect(readWorkload(beginning, 'hpc2n.swf').size).toBe(194)
    expect(() => readWorkload('{}', 'mine.swf')).toThrow(/line 1/)
  })
})

const references = { fcfs: referenceFcfs, easy: referenceEasy, conservative: referenceConservative }
const machine = engines(1, { cores: 240 })

test.for(Object.entries(references))(
  'the beginning of the log of HPC2N begins under %s when its definition says',
  ([strategy, reference]) => {
    const { workload, header } = readSwf(beginning)
    expect(header.MaxProcs).toBe('240')
    // In the references nothing runs longer than its user says.
    const jobs = Array.from({ length: workload.size }, (_, i): RigidJob => {
      const durationMs = workload.durationMs[i] as number
      const estimateMs = Math.max(durationMs, workload.estimateMs[i] as number)
      return { arrivalMs: workload.arrivalMs[i] as number, durationMs, estimateMs, cores: workload.cores[i] as number }
    })
    const run = simulateWorkload(workloadOf(jobs), { engines: machine, strategy, information: 'user' })
    expect([...run.startMs]).toEqual(reference(jobs, 240).startMs)
  },
)

test.skipIf(!existsSync(whole))('the log of HPC2N under FCFS, EASY and conservative backfilling', () => {
  const { workload, leftOut, header } = readSwf(readFileSync(whole, 'utf8'), 'hpc2n.swf')
  expect([workload.size, leftOut.length, header.MaxProcs]).toEqual([3_145, 25, '240'])
  const found = Object.keys(references).map((strategy) => {
    const run = simulateWorkload(workload, { engines: machine, strategy, information: 'user' })
    expectNoOversubscription(run)
    const { waitMs, boundedSlowdown, utilisation } = metricsOf(run)
    return [strategy, Math.round(waitMs.mean / 1_000), boundedSlowdown.mean.toFixed(2), utilisation.toFixed(4)]
  })
  // As the guide has them.
  expect(found).toEqual([
    ['fcfs', 5_628, '47.41', '0.3952'],
    ['easy', 3_550, '17.09', '0.3973'],
    ['conservative', 3_512, '16.91', '0.3973'],
  ])
})
