import Type, { type Static } from 'typebox'
import { count, optional, taskIdSchema } from './message-fields.ts'
import { PayloadSchema } from './payload.ts'

/** What a running task says before it ends. */
export const news = Type.Union([
  Type.Object({
    kind: Type.Literal('progress'),
    id: taskIdSchema,
    done: Type.Number(),
    total: optional(Type.Number()),
  }),
  Type.Object({ kind: Type.Literal('emit'), id: taskIdSchema, value: PayloadSchema }),
  /** What a generator task yielded, from number `from` on: to its own session only. Without values: that it is one. */
  Type.Object({ kind: Type.Literal('parts'), id: taskIdSchema, from: count, values: Type.Array(PayloadSchema) }),
  /** `index` counts the pieces of what one attempt printed, on both streams together. */
  Type.Object({
    kind: Type.Literal('output'),
    id: taskIdSchema,
    attempt: count,
    index: count,
    stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]),
    text: Type.String(),
  }),
])
export type TaskNews = Static<typeof news>
export type OutputNews = Extract<TaskNews, { kind: 'output' }>
