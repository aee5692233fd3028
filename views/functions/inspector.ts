/**
 * V8's own view of a function, through the inspector's synchronous session with this very thread. No domain stays
 * enabled between calls, and every remote handle is released, so another debugger never notices.
 */
import { type Debugger, type InspectorNotification, type Runtime, Session } from 'node:inspector'
import process from 'node:process'

/** Whether the scopes around a function can be read here. */
export const readsScopes: boolean = true

export interface ScriptPosition {
  readonly scriptId: string
  readonly line: number
  readonly column: number
}

/** One scope of a closure's chain: a copy of its variables, taken when it was read. */
export interface ScopeValues {
  /** `Closure (name)`, `Block`, `Module`, `Script`, `Global`, … */
  readonly description: string
  readonly object: Readonly<Record<string, unknown>>
}

/** What a variable holds whose declaration has not run. */
export const uninitialized = Symbol('uninitialized')

/** Newer V8 throws where a variable has no value yet; older ones give undefined. */
export function valueIn({ object }: ScopeValues, name: string): unknown {
  try {
    return object[name]
  } catch {
    return uninitialized
  }
}

export interface Surroundings {
  readonly position: ScriptPosition | undefined
  /** From the innermost outwards, without the global object. */
  readonly scopes: readonly ScopeValues[]
}

export interface RawScript {
  readonly url: string
  readonly startLine: number
  readonly startColumn: number
  readonly isModule: boolean
  readonly source: string
  readonly sourceMapUrl: string | undefined
}

/** Functions go in and scopes come out by this property of `process`, which every context of the thread shares. */
const slotKey = Symbol.for('yardmaster.capture')
const slotExpression = `process[Symbol.for('yardmaster.capture')]`
const takeScopes = `function () { ${slotExpression}.taken = this }`
const objectGroup = 'yardmaster.capture'

interface Slot {
  subject: unknown
  taken: readonly ScopeValues[] | undefined
}

const slot: Slot = { subject: undefined, taken: undefined }
let session: Session | undefined

function connected(): Session {
  if (session) return session
  session = new Session()
  session.connect()
  return session
}

/** The inspector answers before `post` returns. */
function post<Result>(send: (session: Session, answer: (error: Error | null, result: Result) => void) => void): Result {
  let answered: { error: Error | null; result: Result } | undefined
  send(connected(), (error, result) => {
    answered = { error, result }
  })
  if (!answered) throw new Error('the inspector did not answer')
  if (answered.error) throw answered.error
  return answered.result
}

/** About 50 µs. Values are live objects, not copies. Call `releaseSurroundings` after the last one. */
export function readSurroundings(subject: object): Surroundings {
  // Set each time: several copies of this module may share the thread.
  Reflect.defineProperty(process, slotKey, { value: slot, configurable: true, enumerable: false })
  slot.subject = subject
  try {
    const { result } = post<Runtime.EvaluateReturnType>((session, answer) =>
      session.post('Runtime.evaluate', { expression: `${slotExpression}.subject`, objectGroup, silent: true }, answer),
    )
    if (result.objectId === undefined) return { position: undefined, scopes: [] }
    const own = { objectId: result.objectId, ownProperties: true }
    const { internalProperties = [] } = post<Runtime.GetPropertiesReturnType>((session, answer) =>
      session.post('Runtime.getProperties', own, answer),
    )
    const scopesId = internalProperties.find(({ name }) => name === '[[Scopes]]')?.value?.objectId
    const location: unknown = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value
    if (scopesId !== undefined) {
      const call = { objectId: scopesId, functionDeclaration: takeScopes, silent: true }
      post<Runtime.CallFunctionOnReturnType>((session, answer) => session.post('Runtime.callFunctionOn', call, answer))
    }
    const scopes = Array.from(slot.taken ?? []).filter(({ description }) => description !== 'Global')
    return { position: scriptPosition(location), scopes }
  } finally {
    slot.subject = undefined
    slot.taken = undefined
  }
}

/** The inspector lets go of every function and scope that it was asked about. */
export function releaseSurroundings(): void {
  session?.post('Runtime.releaseObjectGroup', { objectGroup })
}

function scriptPosition(location: unknown): ScriptPosition | undefined {
  if (typeof location !== 'object' || location === null || !('scriptId' in location)) return undefined
  const { scriptId, lineNumber, columnNumber } = location as Debugger.Location
  return { scriptId, line: lineNumber, column: columnNumber ?? 0 }
}

/**
 * A script as V8 compiled it. Only the Debugger domain tells it: it is enabled for this one question, which takes about
 * 20 ms, since it names all other scripts too.
 */
export function readScript(scriptId: string): RawScript | undefined {
  let parsed: Debugger.ScriptParsedEventDataType | undefined
  const onParsed = ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>): void => {
    if (params.scriptId === scriptId) parsed = params
  }
  const open = connected()
  open.on('Debugger.scriptParsed', onParsed)
  let script: RawScript | undefined
  try {
    post((session, answer) => session.post('Debugger.enable', answer))
    const { scriptSource } = post<Debugger.GetScriptSourceReturnType>((session, answer) =>
      session.post('Debugger.getScriptSource', { scriptId }, answer),
    )
    if (parsed) {
      const { url, startLine, startColumn, isModule = false, sourceMapURL } = parsed
      script = { url, startLine, startColumn, isModule, source: scriptSource, sourceMapUrl: sourceMapURL || undefined }
    }
  } finally {
    open.removeListener('Debugger.scriptParsed', onParsed)
    open.post('Debugger.disable')
  }
  return script
}
