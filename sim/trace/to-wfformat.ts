import { WorkloadError } from '../../core/errors.ts'
import { executedTasks } from './executed-tasks.ts'
import type { Trace } from './read-trace.ts'

const usPerSecond = 1_000_000

/**
 * The tasks of a trace that ran, as WfFormat 1.5: what `readWfFormat` reads. The format has no times of submission, and knows only tasks
 * that ran once; see `executedTasks` for what is taken.
 * Source: WfFormat, https://github.com/wfcommons/WfFormat.
 *
 * @throws WorkloadError where no task ran: the format wants one
 */
export function toWfFormat(trace: Trace): object {
  const executed = executedTasks(trace)
  if (executed.length === 0) throw new WorkloadError('no task of the trace ran, and WfFormat wants at least one')
  const children = executed.map((): string[] => [])
  for (const { task, after } of executed) for (const other of after) children[other]?.push(task.id)
  const firstUs = executed.reduce((least, { task }) => Math.min(least, task.at), Number.POSITIVE_INFINITY)
  const lastUs = executed.reduce((most, { attempt }) => Math.max(most, attempt.end), 0)
  const started = new Date(new Date(trace.startedAt).getTime() + firstUs / 1_000).toISOString()
  return {
    name: trace.cluster,
    description: `Tasks of the cluster ${trace.cluster} under the strategy ${trace.strategy}`,
    createdAt: started,
    schemaVersion: '1.5',
    runtimeSystem: { name: 'Yardmaster', version: '1', url: 'https://www.npmjs.com/package/yardmaster' },
    workflow: {
      specification: {
        tasks: executed.map(({ task, after }, place) => ({
          name: task.label || task.id,
          id: task.id,
          parents: after.map((other) => executed[other]?.task.id),
          children: children[place],
          inputFiles: [],
          outputFiles: [],
        })),
        files: [],
      },
      execution: {
        makespanInSeconds: (lastUs - firstUs) / usPerSecond,
        executedAt: started,
        tasks: executed.map(({ task, attempt, ranUs }) => ({
          id: task.id,
          runtimeInSeconds: ranUs / usPerSecond,
          ...(task.function === undefined ? {} : { command: { program: task.function, arguments: [] } }),
          coreCount: task.cores ?? 1,
          readBytes: task.bytes,
          writtenBytes: attempt.bytes ?? 0,
          ...(task.priority === undefined ? {} : { priority: task.priority }),
          machines: [machineOf(attempt.engine)],
        })),
        machines: trace.engines.map(({ engine, concurrency }) => ({
          nodeName: machineOf(engine),
          cpu: { coreCount: concurrency },
        })),
      },
    },
  }
}

/** Several engines may be on one host: each is a machine of its own. */
function machineOf(engine: number): string {
  return `engine-${engine}`
}
