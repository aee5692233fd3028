import type { Workload } from '../lab/workload.ts'
import { workloadOf } from '../lab/workload-of.ts'
import { executedTasks } from './executed-tasks.ts'
import { readTrace, type Trace } from './read-trace.ts'

/**
 * The workload of a recorded run: each task arrives when it was submitted, takes as long as it ran, and waits for those that it came
 * after. What did not run, and what was sent to an engine of its own, is left out.
 *
 * @param name of the file, for messages
 * @throws WorkloadError that names the file, the line and what is wrong with it
 */
export function readRecording(text: string, name = 'recording'): Workload {
  return workloadOfTrace(readTrace(text, name))
}

/** The same of a trace that has been read. */
export function workloadOfTrace(trace: Trace): Workload {
  const executed = executedTasks(trace)
  const firstUs = executed[0]?.task.at ?? 0
  return workloadOf(
    executed.map(({ task, ranUs, after }) => ({
      arrivalMs: Math.max(0, task.at - firstUs) / 1_000,
      durationMs: ranUs / 1_000,
      cores: task.cores ?? 1,
      after,
    })),
  )
}
