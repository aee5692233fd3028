/**
 * The trace of a cluster's run: JSON lines, in the order in which its controller learned of things. All times are whole microseconds on the
 * controller's monotonic clock, from the beginning of the trace. A file that ends in the middle of a line was cut off there, and is whole up to it.
 */
import Type, { type Static } from 'typebox'

/** Of the format. A reader refuses what it does not know. */
export const traceVersion = 1

const time = Type.Integer({ minimum: 0 })
const count = Type.Integer({ minimum: 0 })
const text = Type.String()
const optional = Type.Optional

/** Tasks that must have ended; `all` (default: every one of them), `success` (default true), `failure` (default false): how. */
const dependency = Type.Object({
  ids: Type.Array(text),
  all: optional(Type.Boolean()),
  success: optional(Type.Boolean()),
  failure: optional(Type.Boolean()),
})

export const traceLine = Type.Union([
  /** The first line. */
  Type.Object({
    type: Type.Literal('trace'),
    version: Type.Literal(traceVersion),
    cluster: text,
    /** ISO 8601. */
    startedAt: text,
    strategy: text,
  }),
  /** An engine was admitted. */
  Type.Object({
    type: Type.Literal('engine'),
    engine: count,
    at: time,
    name: text,
    kind: text,
    host: text,
    pid: count,
    concurrency: Type.Integer({ minimum: 1 }),
  }),
  Type.Object({ type: Type.Literal('left'), engine: count, at: time, reason: text }),
  /** Another strategy chooses from here on. */
  Type.Object({ type: Type.Literal('strategy'), at: time, strategy: text }),
  /** A task was submitted. */
  Type.Object({
    type: Type.Literal('task'),
    id: text,
    at: time,
    /** Of its function. */
    function: optional(text),
    /** What its function and arguments take. */
    bytes: count,
    label: optional(text),
    after: optional(Type.Array(dependency)),
    follow: optional(Type.Array(dependency)),
    /** Of one engine; default 1. */
    cores: optional(Type.Integer({ minimum: 1 })),
    priority: optional(Type.Number()),
    /** For its engine, past the strategy. */
    direct: optional(Type.Boolean()),
  }),
  /** What became of one attempt at one engine. */
  Type.Object({
    type: Type.Literal('attempt'),
    id: text,
    attempt: Type.Integer({ minimum: 1 }),
    engine: count,
    /** When it was sent there, when it began (absent: it is not known to have), and when the word of its end came. */
    assigned: time,
    start: optional(time),
    end: time,
    /** How long it ran, by the engine's clock. */
    ran: optional(time),
    /** `lost`: with its engine or executor. */
    outcome: Type.Enum(['succeeded', 'failed', 'unmet', 'aborted', 'timedOut', 'recalled', 'lost']),
    /** What its result takes. */
    bytes: optional(count),
    /** How the task ended, where it ended with this attempt. */
    status: optional(Type.Enum(['succeeded', 'failed', 'aborted', 'timedOut', 'impossible'])),
  }),
  /** A task ended otherwise than by the word of an attempt, or was refused. */
  Type.Object({
    type: Type.Literal('end'),
    id: text,
    at: time,
    status: Type.Enum(['succeeded', 'failed', 'aborted', 'timedOut', 'impossible', 'refused']),
    code: optional(text),
  }),
  /** So many lines are missing: the disk was too slow for them. */
  Type.Object({ type: Type.Literal('gap'), at: time, lines: Type.Integer({ minimum: 1 }) }),
  /** The controller stopped in order. */
  Type.Object({ type: Type.Literal('stop'), at: time }),
])
export type TraceLine = Static<typeof traceLine>
export type TraceLineOf<Kind extends TraceLine['type']> = Extract<TraceLine, { type: Kind }>
