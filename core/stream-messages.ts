import Type, { type Static } from 'typebox'
import { count, optional, taskIdSchema } from './message-fields.ts'
import { PayloadSchema } from './payload.ts'

/** How many parts a generator task yielded, and the last of them as a list: those that its reader may lack. */
export const streamEnd = Type.Object({ parts: count, last: optional(PayloadSchema) })
export type StreamEnd = Static<typeof streamEnd>

/**
 * How far a generator task may go: its reader has the parts below `heard`, and takes those below `upTo`. With `again`,
 * what was sent from `heard` on is sent once more.
 */
export const credit = { heard: count, upTo: count, again: optional(Type.Boolean()) }
export const pull = Type.Object({ id: taskIdSchema, ...credit })
export type Pull = Static<typeof pull>
