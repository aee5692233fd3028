import Type, { type TSchema } from 'typebox'
import type { FunctionHash, SessionId, TaskId } from './ids.ts'

/* What the fields of messages are made of. */

export const text = (lengthMax: number) => Type.String({ maxLength: lengthMax })
const branded = <T extends string>() => Type.Unsafe<T>(Type.String({ minLength: 1, maxLength: 64 }))
export const taskIdSchema = branded<TaskId>()
export const sessionIdSchema = branded<SessionId>()
export const hashSchema = branded<FunctionHash>()
export const count = Type.Integer({ minimum: 0 })
export const milliseconds = Type.Number({ minimum: 0 })
export const engineId = Type.Integer({ minimum: 0 })
export const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
