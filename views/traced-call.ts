import type { TaskFlags } from '../core/messages.ts'
import type { TracedSpan, Tracing } from '../core/tracing.ts'
import { ModuleTask } from './functions/module-task.ts'
import type { TaskGroup } from './task-group.ts'

/** A call of a view. */
interface Call {
  /** `apply`, `map` and so on. */
  readonly operation: string
  /** What it calls. */
  readonly fn?: unknown
  readonly flags: TaskFlags
  /** Ends when the span shall; where there is none, the span is of the call alone. */
  readonly group?: TaskGroup
}

/** The flags of a call's tasks: as they are, or with the span of the call, where somebody records it. */
export function tracedFlags(tracing: Tracing, { operation, fn, flags, group }: Call): TaskFlags {
  const name = flags.label ?? nameOf(fn)
  const span = tracing.start({
    name: name === '' ? operation : `${operation} ${name}`,
    kind: 'producer',
    attributes: {
      'messaging.system': 'yardmaster',
      'messaging.operation.name': operation,
      'messaging.operation.type': 'send',
    },
  })
  if (span === undefined) return flags
  if (group) endWith(group, span)
  else span.end()
  return { ...flags, traceparent: span.traceparent }
}

function endWith(group: TaskGroup, span: TracedSpan): void {
  group.watch((change) => {
    if (change !== 'ended') return
    span.set({ 'messaging.batch.message_count': group.tasks.length })
    const { error } = group
    if (error) span.fail(error)
    span.end()
  })
}

function nameOf(fn: unknown): string {
  if (fn instanceof ModuleTask) return fn.exportName
  return typeof fn === 'function' ? fn.name : ''
}
