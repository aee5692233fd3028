import type { Outcome } from '../../core/messages.ts'
import type { TracedSpan, Tracing } from '../../core/tracing.ts'
import type { RunningTask } from '../executors/running-task.ts'

/** The span of an attempt in the thread that runs it, where its client traces it: what the task does is under it. */
export function startTaskSpan(tracing: Tracing, task: RunningTask, functionName: string): TracedSpan | undefined {
  if (task.traceparent === undefined) return undefined
  return tracing.start({
    name: functionName === '' ? 'process' : `process ${functionName}`,
    kind: 'consumer',
    parent: task.traceparent,
    attributes: {
      'messaging.system': 'yardmaster',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.message.id': task.id,
      'yardmaster.attempt': task.attempt,
      'yardmaster.engine': task.engineId,
    },
  })
}

export function endTaskSpan(span: TracedSpan, outcome: Outcome): void {
  span.set({ 'yardmaster.outcome': outcome })
  // A chunk of a map fails with some of its items, each with an error of its own.
  if (outcome !== 'succeeded' && !span.hasFailed) span.fail(outcome)
  span.end()
}
