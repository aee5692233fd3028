import type { Random } from './random.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `<session>.<n>`: unique without asking the controller, and sorted by submission within a session. */
export type TaskId = Branded<'TaskId'>
/** A client's session, which outlives its connections. */
export type SessionId = Branded<'SessionId'>
/** Engines are numbered by the controller in order of arrival: 0, 1, 2, … A number is never used twice. */
export type EngineId = number
/** The SHA-256 of a shipped function, in base64url, shortened to 22 characters (132 bits). */
export type FunctionHash = Branded<'FunctionHash'>

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'

/** 10 characters of base 36: 51 bits. */
export function newSessionId(random: Random): SessionId {
  let id = ''
  for (let i = 0; i < 10; i += 1) id += alphabet[random.below(36)]
  return id as SessionId
}

export function taskId(session: SessionId, sequence: number): TaskId {
  return `${session}.${sequence}` as TaskId
}
