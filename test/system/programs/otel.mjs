// Sets up OpenTelemetry in whatever thread imports it: each span is a line of the file $SPANS_FILE when it ends.
import { appendFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { BatchSpanProcessor, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

const exporter = {
  export(spans, done) {
    const lines = spans.map((span) => {
      const { traceId, spanId } = span.spanContext()
      const { name, kind, status, attributes } = span
      const events = span.events.map((event) => event.name)
      const links = span.links.map((link) => link.context.spanId)
      const parent = span.parentSpanContext?.spanId
      const where = { pid: process.pid, thread: threadId }
      return `${JSON.stringify({ traceId, spanId, parent, name, kind, status, attributes, events, links, ...where })}\n`
    })
    appendFileSync(process.env.SPANS_FILE, lines.join(''))
    done({ code: 0 })
  },
  async shutdown() {},
}
// Batched, they wait for longer than a test does.
const processor = process.env.SPANS_BATCHED
  ? new BatchSpanProcessor(exporter, { scheduledDelayMillis: 600_000 })
  : new SimpleSpanProcessor(exporter)
new NodeTracerProvider({ spanProcessors: [processor] }).register()
