import { labTaskId } from '../lab/arrivals.ts'
import type { WorkloadRun } from '../lab/simulate-workload.ts'
import type { Workload } from '../lab/workload.ts'
import type { Trace, TraceTask } from './read-trace.ts'

/** A simulated run as if it had been recorded, beginning at the epoch: so it can be seen beside a live one, or handed on. */
export function traceOfRun({ workload, engines, strategy, engine, startMs, endMs }: WorkloadRun): Trace {
  const { size, arrivalMs, cores } = workload
  return {
    cluster: 'simulated',
    startedAt: new Date(0).toISOString(),
    strategy,
    engines: engines.map(({ cores: concurrency = 1 }, number) => ({
      ...{ engine: number, at: 0, name: `engine-${number}`, kind: 'simulated', host: 'simulated', pid: 0, concurrency },
    })),
    tasks: Array.from({ length: size }, (_, task): TraceTask => {
      const id = labTaskId(task)
      const [start, end] = [microseconds(startMs[task]), microseconds(endMs[task])]
      const after = tasksBefore(workload, task)
      const ran = { type: 'attempt', id, attempt: 1, outcome: 'succeeded', status: 'succeeded' } as const
      return {
        id,
        at: microseconds(arrivalMs[task]),
        bytes: 0,
        cores: cores[task] as number,
        ...(after.length > 0 ? { after: [{ ids: after.map(labTaskId) }] } : {}),
        attempts: [{ ...ran, engine: engine[task] as number, assigned: start, start, end, ran: end - start }],
        end: { at: end, status: 'succeeded' },
      }
    }),
    isCut: false,
    missing: 0,
  }
}

function microseconds(ms: number | undefined): number {
  return Math.round((ms ?? 0) * 1_000)
}

/** The tasks that make what this one consumes. */
function tasksBefore({ data }: Workload, task: number): number[] {
  if (data === undefined) return []
  const inputs = data.inputs.subarray(data.firstInput[task], data.firstInput[task + 1])
  return [...new Set(Array.from(inputs, (object) => data.producer[object] as number))]
}
