import type * as Api from '@opentelemetry/api'
import { ConfigurationError } from './errors.ts'
import { loadOpenTelemetry } from './opentelemetry.ts'

/**
 * Whether spans are made, and by what. `true`: by the OpenTelemetry SDK that is set up in this thread. The URL of a module: the one that sets it up,
 * imported wherever spans are made, in the threads of executors too.
 */
export type TracingOption = boolean | string

export type Attributes = Readonly<Record<string, string | number | boolean>>

export interface SpanDescription {
  readonly name: string
  readonly kind: 'internal' | 'client' | 'producer' | 'consumer'
  /** The W3C `traceparent` of the span that this is under. Default: the active one. */
  readonly parent?: string
  readonly attributes: Attributes
  /** The `traceparent`s of spans that led to this one beside its parent. */
  readonly links?: readonly string[]
}

/** What tracing calls us: by that one finds our spans. */
const library = 'yardmaster'
const packageName = '@opentelemetry/api'

/** Makes spans, by the OpenTelemetry API of this thread. What its SDK throws hurts no task: it is told where OpenTelemetry tells of itself. */
export class Tracing {
  readonly #api: typeof Api
  readonly #tracer: Api.Tracer

  private constructor(api: typeof Api) {
    this.#api = api
    this.#tracer = api.trace.getTracer(library)
  }

  /** @throws ConfigurationError where the API is not installed, or the module that sets it up does not load */
  static async load(option: true | string): Promise<Tracing> {
    if (typeof option === 'string') {
      if (option.startsWith('.')) {
        throw new ConfigurationError(
          `tracing must name its module by a URL, as new URL(${JSON.stringify(option)}, import.meta.url).href`,
        )
      }
      await import(option).catch((cause: unknown) => {
        throw new ConfigurationError(`the module ${option}, which is to set up tracing, does not load: ${cause}`, {
          cause,
        })
      })
    }
    try {
      return new Tracing(await loadOpenTelemetry())
    } catch (cause) {
      if (cause instanceof ConfigurationError) throw cause
      throw new ConfigurationError(
        `tracing needs the package ${packageName}, which is not installed: npm install ${packageName}, and an SDK for it`,
        { cause },
      )
    }
  }

  /** Undefined where nobody records it: then nothing travels. */
  start(description: SpanDescription): TracedSpan | undefined {
    return guarded(this.#api, () => this.#start(description))
  }

  #start({ name, kind, parent, attributes, links = [] }: SpanDescription): TracedSpan | undefined {
    const { trace, context, ROOT_CONTEXT, SpanKind } = this.#api
    const remote = parent === undefined ? undefined : contextOf(parent)
    const under = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : context.active()
    const kinds = {
      internal: SpanKind.INTERNAL,
      client: SpanKind.CLIENT,
      producer: SpanKind.PRODUCER,
      consumer: SpanKind.CONSUMER,
    }
    const linked = links.map(contextOf).filter((context) => context !== undefined)
    const span = this.#tracer.startSpan(
      name,
      { kind: kinds[kind], attributes, links: linked.map((context) => ({ context })) },
      under,
    )
    return span.isRecording() ? new TracedSpan(this.#api, span) : undefined
  }

  /** Sends what waits to be sent, as far as the SDK can be told to. */
  async flush(): Promise<void> {
    const provider = this.#api.trace.getTracerProvider() as Flushable
    const real = provider.getDelegate?.() ?? provider
    await real.forceFlush?.()
  }
}

interface Flushable {
  getDelegate?(): Flushable
  forceFlush?(): Promise<void>
}

/** A span that is recorded. */
export class TracedSpan {
  readonly traceparent: string
  hasFailed = false
  readonly #api: typeof Api
  readonly #span: Api.Span

  /** @internal */
  constructor(api: typeof Api, span: Api.Span) {
    this.#api = api
    this.#span = span
    this.traceparent = traceparentOf(span.spanContext())
  }

  /** Whatever is called within has this span around it. */
  run<T>(body: () => T): T {
    const { context, trace } = this.#api
    return context.with(trace.setSpan(context.active(), this.#span), body)
  }

  event(name: string, attributes: Attributes = {}): void {
    guarded(this.#api, () => this.#span.addEvent(name, attributes))
  }

  set(attributes: Attributes): void {
    guarded(this.#api, () => this.#span.setAttributes(attributes))
  }

  /** What came of it is this error; a text where it was none of this thread's. */
  fail(error: unknown): void {
    this.hasFailed = true
    guarded(this.#api, () => {
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof Error) this.#span.recordException(error)
      this.#span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message })
    })
  }

  end(): void {
    guarded(this.#api, () => this.#span.end())
  }
}

/** Samplers and span processors are the user's: what they throw is nothing that a task, or a controller, could answer for. */
function guarded<T>({ diag }: typeof Api, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    diag.error('yardmaster: a span is incomplete', error)
    return undefined
  }
}

/** Version 00 of W3C Trace Context. */
const shape = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/

function traceparentOf({ traceId, spanId, traceFlags }: Api.SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

function contextOf(traceparent: string): Api.SpanContext | undefined {
  const [, traceId, spanId, flags] = shape.exec(traceparent) ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags as string, 16), isRemote: true }
}
