/** How a controller's tasks, and what it knows of engines, lie in a store. */
import type { Fault } from '../core/errors.ts'
import type { EngineId, FunctionHash, SessionId, TaskId } from '../core/ids.ts'
import { bodyBytesOf } from '../core/limits.ts'
import type { Call, FunctionMessage } from '../core/messages.ts'
import { Payload } from '../core/payload.ts'
import type { OutputNews } from '../core/task-news.ts'
import type { TaskSpec } from '../scheduler/events.ts'
import type { RestoredEnd, RestoredTask } from '../scheduler/restore.ts'
import type { TaskRecord, TerminalStatus } from '../scheduler/task.ts'
import { Printed, printedBy } from './printed.ts'
import { fromBytes, toBytes } from './stored-values.ts'
import { KnownFunction, type TaskBody } from './task-body.ts'
import { StreamOutput, type TaskOutput } from './task-output.ts'
import { traceOf } from './tracing/task-trace.ts'

export const keys = {
  task: (id: TaskId) => `task/${id}`,
  end: (id: TaskId) => `end/${id}`,
  sent: (id: TaskId) => `sent/${id}`,
  function: (hash: FunctionHash) => `function/${hash}`,
  engine: (instance: string) => `engine/${instance}`,
  nextEngine: 'next-engine',
  identity: 'identity',
}

type Frames = readonly Uint8Array[]

/** The constraints of a task; what is as by default is left out. Times are wall times. */
interface StoredTask {
  readonly order: number
  readonly submittedAt: number
  readonly client: SessionId
  readonly function: FunctionHash
  readonly call: Call
  readonly args: Frames
  readonly traceparent?: string
  readonly flags: Partial<Omit<TaskSpec, 'id' | 'client' | 'body'>>
}

/** Of a purged one there is neither output nor a StoredTask; dependencies still see how it ended. */
interface StoredEnd {
  readonly order: number
  readonly client: SessionId
  readonly status: TerminalStatus
  readonly attempt: number
  readonly engine: EngineId
  readonly submittedAt: number
  readonly startedAt: number
  readonly endedAt: number
  readonly durationMs: number
  readonly purged: boolean
  readonly output?: Frames
  readonly stream?: { readonly parts: number; readonly last?: Frames }
  readonly printed?: readonly OutputNews[]
  readonly fault?: Fault
  readonly resubmittedAs?: TaskId
}

/** What a controller had when it ended. Times are wall times. */
export interface Saved {
  /** In the order of submission. */
  readonly tasks: readonly RestoredTask[]
  /** By the name of its instance, each engine that had not left. */
  readonly engines: ReadonlyMap<string, EngineId>
  readonly nextEngine: EngineId
  /** What tells the controllers with this store from others; undefined where there was none. */
  readonly identity: string | undefined
  /** The place of each task in the order of submission. */
  readonly orders: ReadonlyMap<TaskId, number>
}

export function taskBytes(task: TaskRecord, order: number, toWallTime: number): Uint8Array {
  const { function: held, call, args, trace } = task.body as TaskBody
  const stored: StoredTask = {
    order,
    submittedAt: task.submittedAt + toWallTime,
    client: task.client,
    function: held.hash,
    call,
    args: args.frames,
    ...(trace === undefined ? {} : { traceparent: trace.received }),
    flags: flagsOf(task),
  }
  return toBytes(stored)
}

export function endBytes(task: TaskRecord, order: number, toWallTime: number): Uint8Array {
  const { client, status, attempt, engine, purged, durationMs, fault, resubmittedAs } = task
  const kept = task.output as TaskOutput | undefined
  const printed = printedBy(task)
  const stored: StoredEnd = {
    order,
    client,
    status: status as TerminalStatus,
    attempt,
    engine,
    submittedAt: task.submittedAt + toWallTime,
    startedAt: task.startedAt + toWallTime,
    endedAt: task.endedAt + toWallTime,
    durationMs,
    purged,
    ...(kept === undefined ? {} : outputFrames(kept)),
    ...(printed === undefined ? {} : { printed: printed.pieces }),
    ...(fault === undefined ? {} : { fault }),
    ...(resubmittedAs === undefined ? {} : { resubmittedAs }),
  }
  return toBytes(stored)
}

export const functionBytes = ({ payload }: FunctionMessage): Uint8Array => toBytes(payload.frames)

export const numberBytes = (value: number): Uint8Array => toBytes(value)

export const textBytes = (value: string): Uint8Array => toBytes(value)

/** @throws StoreError where an entry is not what a controller writes */
export function readSaved(entries: Iterable<readonly [string, Uint8Array]>): Saved {
  const byKind = new Map<string, Map<string, unknown>>()
  for (const [key, bytes] of entries) {
    const slash = key.indexOf('/')
    const kind = slash < 0 ? key : key.slice(0, slash)
    const entriesOfKind = byKind.get(kind) ?? new Map<string, unknown>()
    byKind.set(kind, entriesOfKind.set(key.slice(slash + 1), fromBytes(bytes)))
  }
  const of = <Value>(kind: string) => (byKind.get(kind) ?? new Map()) as ReadonlyMap<string, Value>
  const functions = new Map(
    [...of<Frames>('function')].map(([hash, frames]) => [
      hash,
      new KnownFunction({ hash: hash as FunctionHash, payload: new Payload(frames) }),
    ]),
  )
  const ends = of<StoredEnd>('end')
  const sent = of<EngineId>('sent')
  const tasks: { readonly order: number; readonly task: RestoredTask }[] = []
  for (const [id, stored] of of<StoredTask>('task')) {
    const { order, submittedAt, client, call, args, traceparent, flags } = stored
    const shared = functions.get(stored.function)
    const trace = traceparent === undefined ? {} : { trace: traceOf(traceparent) }
    const body = { function: shared, call, args: new Payload(args), ...trace }
    const bodyBytes = bodyBytesOf({ ...flags, args: body.args })
    const end = ends.get(id)
    const spec: TaskSpec = { id: id as TaskId, client, body, bodyBytes, shared, ...flags }
    tasks.push({ order, task: { spec, submittedAt, end: end && restoredEnd(end), sentTo: sent.get(id) } })
  }
  for (const [id, end] of ends) {
    if (!end.purged) continue
    const { order, client, submittedAt } = end
    const spec: TaskSpec = { id: id as TaskId, client, body: undefined }
    tasks.push({ order, task: { spec, submittedAt, end: restoredEnd(end) } })
  }
  tasks.sort((a, b) => a.order - b.order)
  return {
    tasks: tasks.map(({ task }) => task),
    engines: of<EngineId>('engine'),
    nextEngine: of<number>(keys.nextEngine).get(keys.nextEngine) ?? 0,
    identity: of<string>(keys.identity).get(keys.identity),
    orders: new Map(tasks.map(({ order, task }) => [task.spec.id, order])),
  }
}

function flagsOf(task: TaskRecord): StoredTask['flags'] {
  const { after, follow, targets, retries, queueTimeoutMs, runTimeoutMs, priority } = task
  const { retryOnEngineLoss, onUnmet, label, direct, resubmittedFrom } = task
  const flags: { -readonly [Flag in keyof StoredTask['flags']]: StoredTask['flags'][Flag] } = {}
  if (after.length > 0) flags.after = after
  if (follow.length > 0) flags.follow = follow
  if (targets.length > 0) flags.targets = targets
  if (retries > 0) flags.retries = retries
  if (queueTimeoutMs > 0) flags.queueTimeoutMs = queueTimeoutMs
  if (runTimeoutMs > 0) flags.runTimeoutMs = runTimeoutMs
  if (priority !== 0) flags.priority = priority
  if (!retryOnEngineLoss) flags.retryOnEngineLoss = false
  if (onUnmet !== 'fail') flags.onUnmet = onUnmet
  if (label !== undefined) flags.label = label
  if (direct) flags.direct = true
  if (resubmittedFrom !== undefined) flags.resubmittedFrom = resubmittedFrom
  return flags
}

function outputFrames(kept: TaskOutput): Pick<StoredEnd, 'output' | 'stream'> {
  if (!(kept instanceof StreamOutput)) return { output: kept.frames }
  const { parts, last } = kept.stream
  return { output: kept.output.frames, stream: last ? { parts, last: last.frames } : { parts } }
}

function restoredEnd(stored: StoredEnd): RestoredEnd {
  const { status, attempt, engine, startedAt, endedAt, durationMs, purged, fault, resubmittedAs } = stored
  const output = outputOf(stored)
  const outputBytes = output?.byteLength ?? 0
  const printed = printedOf(stored)
  return {
    ...{ status, attempt, engine, startedAt, endedAt, durationMs, purged },
    ...{ fault, resubmittedAs, output, outputBytes, printed },
  }
}

function outputOf({ output, stream }: StoredEnd): TaskOutput | undefined {
  if (output === undefined) return undefined
  const payload = new Payload(output)
  if (stream === undefined) return payload
  const { parts, last } = stream
  return new StreamOutput(payload, last ? { parts, last: new Payload(last) } : { parts })
}

function printedOf({ attempt, printed }: StoredEnd): Printed | undefined {
  if (printed === undefined) return undefined
  const kept = new Printed(attempt)
  for (const piece of printed) kept.add(piece)
  return kept
}
