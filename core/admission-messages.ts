/** What peers say of themselves when they come, and are told when they are let in: the `details` of the handshake. */
import Type, { type Static } from 'typebox'
import { count, engineId, milliseconds, optional, sessionIdSchema, text } from './message-fields.ts'
import { engineInfo } from './messages.ts'

/** What an engine says of itself. */
export const engineHello = Type.Object({
  name: text(256),
  pid: count,
  host: text(256),
  kind: text(32),
  /** How many tasks it runs side by side; 1, if it does not say. */
  concurrency: optional(Type.Integer({ minimum: 1 })),
  /** What the system that runs it calls it, where that is not its process: a job, a pod. */
  job: optional(text(256)),
  /** Which start of a launcher it comes of: the cluster that asked for it knows it by that. */
  launch: optional(text(64)),
  /** Never said before. By it a controller that is restarted later knows the engine again. */
  instance: optional(text(64)),
  /** The `instance` under which what it holds was given to it. */
  resume: optional(text(64)),
})

/** What an engine learns when it is admitted. */
export const engineWelcome = Type.Object({
  engine: engineId,
  heartbeatMs: milliseconds,
  /** A larger message would end the link. */
  messageBytesMax: optional(count),
  /** When the link is lost, attempts go on; ends are kept until they are noted. */
  keeps: optional(Type.Literal(true)),
  /** The controller has been restarted, and waits to hear which attempts this engine holds. */
  resumes: optional(Type.Literal(true)),
})
export type EngineWelcome = Static<typeof engineWelcome>

/** What a client says of itself: its session, new or the one that it comes back to. */
export const clientHello = Type.Object({
  session: sessionIdSchema,
  /** A larger message would end the link. */
  messageBytesMax: optional(count),
})

/** What a client learns when it is admitted. */
export const clientWelcome = Type.Object({
  session: sessionIdSchema,
  cluster: text(256),
  /** What tells it from others: another one knows nothing of what this one had. With a store, the store's. */
  controller: optional(text(64)),
  heartbeatMs: milliseconds,
  engines: Type.Array(engineInfo),
  /** A larger message would end the link. */
  messageBytesMax: optional(count),
  /** What the session may have submitted and not ended: further tasks are refused. Absent: any number. */
  limits: optional(Type.Object({ tasksMax: optional(count), bytesMax: optional(count) })),
})
export type ClientWelcome = Static<typeof clientWelcome>
