/**
 * What goes between the ssh launcher and its agent on another machine, by the agent's stdin and stdout: a JSON object on each line. What a login
 * writes besides is told apart by the mark that begins the agent's lines.
 */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

/** Raised where older ones would misread what is said. */
export const agentProtocol = 1

export const agentMark = '@yardmaster '

const launch = Type.String({ minLength: 1, maxLength: 64 })
const count = Type.Integer({ minimum: 0 })

const toAgent = Type.Union([
  Type.Object({
    type: Type.Literal('start'),
    launch,
    name: Type.String(),
    address: Type.String(),
    /** 32 bytes in base64url. */
    key: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    concurrency: count,
    reconnectMs: Type.Number({ minimum: 0 }),
  }),
  Type.Object({ type: Type.Literal('signal'), launch, signal: Type.String() }),
  Type.Object({ type: Type.Literal('stop'), launch }),
])
export type ToAgent = Static<typeof toAgent>

const fromAgent = Type.Union([
  /** First of all. */
  Type.Object({ type: Type.Literal('there'), protocol: count, host: Type.String(), version: Type.String() }),
  Type.Object({ type: Type.Literal('began'), launch, pid: count }),
  Type.Object({
    type: Type.Literal('ended'),
    launch,
    /** Where nobody asked for it. */
    fault: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  }),
])
export type FromAgent = Static<typeof fromAgent>

const toAgentValidator = Compile(toAgent)
const fromAgentValidator = Compile(fromAgent)

export function lineToAgent(message: ToAgent): string {
  return `${JSON.stringify(message)}\n`
}

export function lineFromAgent(message: FromAgent): string {
  return `${agentMark}${JSON.stringify(message)}\n`
}

/** Undefined for what is none. */
export function readToAgent(line: string): ToAgent | undefined {
  const message = parse(line)
  return toAgentValidator.Check(message) ? message : undefined
}

/** Undefined for what is none: something else that a login has written. */
export function readFromAgent(line: string): FromAgent | undefined {
  if (!line.startsWith(agentMark)) return undefined
  const message = parse(line.slice(agentMark.length))
  return fromAgentValidator.Check(message) ? message : undefined
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
