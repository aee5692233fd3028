/** Where a task stands in a trace. */
export interface TaskTrace {
  /** What its client told: the span that called it. */
  readonly received: string
  /** What its engine is told: the same, or a span of the controller's own under it. */
  told: string
}

export function traceOf(traceparent: string): TaskTrace {
  return { received: traceparent, told: traceparent }
}
