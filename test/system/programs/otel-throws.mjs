// Sets up OpenTelemetry with a span processor that throws where $SPANS_THROW says: in `onStart` or `onEnd`.
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

const processor = { onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} }
processor[process.env.SPANS_THROW] = () => {
  throw new Error('the span processor is broken')
}
new NodeTracerProvider({ spanProcessors: [processor] }).register()
