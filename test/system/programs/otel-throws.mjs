// Sets up OpenTelemetry with a span processor that throws where $SPANS_THROW says, in `onStart` or `onEnd`, and writes so into $SPANS_FILE.
import { appendFileSync } from 'node:fs'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

const processor = { onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} }
processor[process.env.SPANS_THROW] = () => {
  appendFileSync(process.env.SPANS_FILE, `${process.env.SPANS_THROW} throws\n`)
  throw new Error('the span processor is broken')
}
new NodeTracerProvider({ spanProcessors: [processor] }).register()
