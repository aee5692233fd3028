/**
 * The protocol: every message, by route. One schema gives the static type and the validator. Messages that a route
 * does not list are refused. Names are the field's; all times are milliseconds; wall times count from the epoch.
 *
 *   client ──submit──▶ controller ──tasks──▶ engine ──run──▶ executor
 *   client ◀─replies── controller ◀─ended─── engine ◀─done── executor
 *
 * Messages carry arrays: what one turn has for one peer travels together.
 */
import Type, { type Static, type TSchema } from 'typebox'
import type { SessionId, TaskId } from './ids.ts'
import {
  count,
  engineId,
  hashSchema,
  milliseconds,
  optional,
  sessionIdSchema,
  taskIdSchema,
  text,
} from './message-fields.ts'
import { PayloadSchema } from './payload.ts'
import { credit, pull, streamEnd } from './stream-messages.ts'
import { news } from './task-news.ts'

/** Peers with different versions refuse each other in the handshake. */
export const protocolVersion = 1

/** An error that Yardmaster raised itself; what a task threw travels as a payload. */
const fault = Type.Object({
  code: Type.Unsafe<import('./errors.ts').ErrorCode>(text(64)),
  message: text(65_536),
  details: optional(Type.Record(Type.String(), Type.Unknown())),
})

/**
 * A function, or the name of a module's export, as `core/function-spec.ts` describes it; opaque to the controller.
 * Messages with `tasks` carry in `functions` those that the receiver does not hold, as `core/function-table.ts` tells.
 */
const shippedFunction = Type.Object({ hash: hashSchema, payload: PayloadSchema })
export type FunctionMessage = Static<typeof shippedFunction>

/**
 * How a task calls its function. `once`: the payload is the list of arguments. `each`: it is a list of items, and the
 * function is called with each. `eachSpread`: it is a list of argument lists. The last two end with an `EachResult`.
 */
const call = Type.Union([Type.Literal('once'), Type.Literal('each'), Type.Literal('eachSpread')])
export type Call = Static<typeof call>

/** What a task with call `each` or `eachSpread` ends with: a value or an error for every item. */
export interface EachResult {
  /** In the order of the items; `undefined` where the item failed. */
  readonly values: readonly unknown[]
  /** Which items failed, ascending, and with what. */
  readonly errors: readonly (readonly [index: number, error: ThrownByTask])[]
}

/** What a task threw, as the engine saw it. `thrown` is the value itself where it could be cloned. */
export interface ThrownByTask {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly thrown?: unknown
}

const dependency = Type.Object({
  ids: Type.Array(taskIdSchema),
  all: Type.Boolean(),
  success: Type.Boolean(),
  failure: Type.Boolean(),
})
export type DependencySpec = Static<typeof dependency>

const flags = {
  after: optional(Type.Array(dependency)),
  follow: optional(Type.Array(dependency)),
  targets: optional(Type.Array(engineId)),
  retries: optional(count),
  queueTimeoutMs: optional(milliseconds),
  runTimeoutMs: optional(milliseconds),
  priority: optional(Type.Number()),
  retryOnEngineLoss: optional(Type.Boolean()),
  onUnmet: optional(Type.Union([Type.Literal('fail'), Type.Literal('wait')])),
  label: optional(text(1_024)),
  /** For the engine that is its one target: sent there at once, in order of submission, and never to another. */
  direct: optional(Type.Literal(true)),
  /** The span that this is under, as W3C Trace Context writes it; only where somebody traces. */
  traceparent: optional(text(64)),
}

/** What a direct task cannot have, beside several targets. */
export const notDirect = ['after', 'follow', 'retries', 'priority'] as const satisfies (keyof typeof flags)[]

/** A task as a client submits it. */
const submission = Type.Object({ id: taskIdSchema, function: hashSchema, call, args: PayloadSchema, ...flags })
export type Submission = Static<typeof submission>
export type TaskFlags = Omit<Submission, 'id' | 'function' | 'call' | 'args'>

/** One attempt of a task, as an engine gets it. */
const attempt = Type.Object({ id: taskIdSchema, attempt: count })
export type AttemptRef = Static<typeof attempt>
const assignment = Type.Object({
  id: taskIdSchema,
  attempt: count,
  function: hashSchema,
  call,
  args: PayloadSchema,
  runTimeoutMs: optional(milliseconds),
  direct: flags.direct,
  traceparent: flags.traceparent,
})
export type Assignment = Static<typeof assignment>

/**
 * How an attempt ended at its engine. `unmet`: the engine cannot take this task. `recalled`: given back, not begun.
 * `lost`: the executor died under it. `output` is the result, or what the task threw (`ThrownByTask`, `EachResult`).
 */
const outcome = Type.Union([
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('unmet'),
  Type.Literal('aborted'),
  Type.Literal('timedOut'),
  Type.Literal('recalled'),
  Type.Literal('lost'),
])
export type Outcome = Static<typeof outcome>
const ended = Type.Object({
  id: taskIdSchema,
  attempt: count,
  outcome,
  durationMs: milliseconds,
  output: optional(PayloadSchema),
  stream: optional(streamEnd),
  /** How many of the values that it emitted were left out on the way. */
  emitsDropped: optional(count),
})
export type AttemptEnd = Static<typeof ended>

const taskState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('ready'),
  Type.Literal('assigned'),
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('aborted'),
  Type.Literal('timedOut'),
  Type.Literal('impossible'),
])
/** Where a task is in its life. */
export type TaskState = Static<typeof taskState>
/** What can be said of an id: `purged`, where the task has ended and its result was dropped. */
export type TaskStatus = TaskState | 'purged' | 'unknown'

/** The one terminal reply of a task. `output` is opaque: an engine made it; `fault` is the controller's own. */
const reply = Type.Object({
  id: taskIdSchema,
  status: Type.Union([
    Type.Literal('succeeded'),
    Type.Literal('failed'),
    Type.Literal('aborted'),
    Type.Literal('timedOut'),
    Type.Literal('impossible'),
  ]),
  call,
  attempts: count,
  engine: optional(engineId),
  submittedAt: milliseconds,
  startedAt: optional(milliseconds),
  endedAt: milliseconds,
  durationMs: milliseconds,
  output: optional(PayloadSchema),
  stream: optional(streamEnd),
  /** How many of the values that it emitted this session was not sent, since it took them too slowly. */
  emitsDropped: optional(count),
  fault: optional(fault),
})
export type Reply = Static<typeof reply>

export const engineInfo = Type.Object({
  id: engineId,
  name: text(256),
  pid: count,
  host: text(256),
  kind: text(32),
  /** How many tasks it runs side by side; 1, if it does not say. */
  concurrency: optional(Type.Integer({ minimum: 1 })),
  /** What the system that runs it calls it, where that is not its process: a job, a pod. */
  job: optional(text(256)),
  /** Which start of a launcher it came of. */
  launch: optional(text(64)),
})
/** An engine, as clients are told of it. */
export type EngineInfo = Static<typeof engineInfo>

const queueStatus = Type.Object({
  waiting: count,
  ready: count,
  assigned: count,
  running: count,
  ended: count,
  /** The strategy in force, by name. */
  strategy: text(256),
  /** `load`: load-balanced tasks assigned or running there. `direct`: direct ones. `draining`: it is to leave when nothing needs it. */
  engines: Type.Array(
    Type.Object({
      id: engineId,
      load: count,
      direct: count,
      completed: count,
      draining: optional(Type.Literal(true)),
    }),
  ),
})
/** How many tasks are in each state, and how many lie at each engine. */
export type QueueStatus = Static<typeof queueStatus>

/** Records on one page of an answer, at most; and fewer where they name many dependencies. */
export const pageMax = 5_000
const pageLimit = Type.Integer({ minimum: 1, maximum: pageMax })

/** Of which tasks: every field that is there must hold, of a list one entry. `…After` includes the time, `…Before` does not. */
const taskFilter = Type.Object({
  ids: optional(Type.Array(taskIdSchema)),
  client: optional(sessionIdSchema),
  states: optional(Type.Array(taskState)),
  purged: optional(Type.Boolean()),
  labels: optional(Type.Array(text(1_024))),
  /** Where the last attempt is or was. */
  engines: optional(Type.Array(engineId)),
  submittedAfter: optional(milliseconds),
  submittedBefore: optional(milliseconds),
  startedAfter: optional(milliseconds),
  startedBefore: optional(milliseconds),
  endedAfter: optional(milliseconds),
  endedBefore: optional(milliseconds),
})
export type TaskFilterMessage = Static<typeof taskFilter>

/** What the controller holds of a task, but for its function, arguments and result. */
export interface TaskSummary {
  readonly id: TaskId
  readonly client: SessionId
  readonly state: TaskState
  /** It has ended, and its result was dropped. */
  readonly purged: boolean
  readonly attempts: number
  /** Attempts that ended with an error of its own, and where. */
  readonly failures: number
  readonly failedOn?: readonly number[]
  /** Engines, or executors, that died with it. */
  readonly losses: number
  /** Where the last attempt is or was. */
  readonly engineId?: number
  readonly submittedAt: number
  /** Of the last attempt. Of a task that has not ended it is known only once it runs long. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** Of the last attempt that ran to an end. */
  readonly durationMs?: number
  /** The code of what it ended with, where that was no success: `YM_REMOTE` for what it threw itself. */
  readonly error?: import('./errors.ts').ErrorCode
  readonly resubmittedFrom?: TaskId
  readonly resubmittedAs?: TaskId
  /** Those that are not the default. */
  readonly flags: TaskFlags
}

/** What a client can ask; each is answered once, by `request` number. */
const ask = Type.Union([
  Type.Object({ kind: Type.Literal('queueStatus') }),
  Type.Object({ kind: Type.Literal('resultStatus'), tasks: Type.Array(taskIdSchema) }),
  /** The replies of these tasks come to this session too: at once where a task has ended, else when it does. */
  /** Answered when every task submitted before is accepted: with a store, when it outlasts the controller. */
  Type.Object({ kind: Type.Literal('flush') }),
  Type.Object({ kind: Type.Literal('watch'), tasks: Type.Array(taskIdSchema) }),
  Type.Object({ kind: Type.Literal('purge'), tasks: Type.Array(taskIdSchema) }),
  Type.Object({
    kind: Type.Literal('resubmit'),
    pairs: Type.Array(Type.Object({ from: taskIdSchema, to: taskIdSchema })),
  }),
  /** The latest tasks, in order of submission; those `before` a place in that order, for the page before. */
  Type.Object({
    kind: Type.Literal('query'),
    where: taskFilter,
    limit: pageLimit,
    before: optional(count),
  }),
  /** The same, of the ids of this session's tasks. */
  Type.Object({ kind: Type.Literal('history'), limit: pageLimit, before: optional(count) }),
  /** By name. It chooses from here on; nothing that was assigned moves. */
  Type.Object({ kind: Type.Literal('setStrategy'), strategy: text(256) }),
  /** Everything that has begun there is aborted; what has not is unharmed. */
  Type.Object({ kind: Type.Literal('interrupt'), engines: Type.Array(engineId) }),
  /** Each goes on with a new executor and an empty namespace; what had begun is lost. */
  Type.Object({ kind: Type.Literal('restart'), engines: Type.Array(engineId) }),
  /** So many engines of the cluster's own launcher. */
  Type.Object({ kind: Type.Literal('scale'), count }),
  Type.Object({ kind: Type.Literal('shutdown'), engines: optional(Type.Array(engineId)) }),
])
export type Ask = Static<typeof ask>

/** The answers, by kind of question. */
export interface Answers {
  queueStatus: QueueStatus
  resultStatus: Readonly<Record<TaskId, TaskStatus>>
  flush: null
  watch: null
  purge: { readonly purged: number }
  resubmit: null
  /** `before`: where the page before this one ends; absent where there is none. */
  query: { readonly tasks: readonly TaskSummary[]; readonly before?: number }
  history: { readonly tasks: readonly TaskId[]; readonly before?: number }
  setStrategy: null
  /** As soon as the engines are told. */
  interrupt: null
  restart: null
  /** When they are ready, or accepted where they queue, and those that were too many have left. */
  scale: null
  shutdown: null
}

const message = <const Name extends string, P extends Record<string, TSchema>>(type: Name, properties: P) =>
  Type.Object({ type: Type.Literal(type), ...properties })

export const clientToController = Type.Union([
  message('submit', { tasks: Type.Array(submission), functions: Type.Array(shippedFunction) }),
  /** A direct task for each target, `tasks` and `targets` in the same order, with one list of arguments for all. */
  message('broadcast', {
    tasks: Type.Array(taskIdSchema),
    targets: Type.Array(engineId),
    function: hashSchema,
    args: PayloadSchema,
    runTimeoutMs: flags.runTimeoutMs,
    label: flags.label,
    traceparent: flags.traceparent,
    functions: Type.Array(shippedFunction),
  }),
  message('abort', { tasks: Type.Array(taskIdSchema) }),
  message('ask', { request: count, ask }),
  message('pull', { streams: Type.Array(pull) }),
  message('ping', { sequence: count }),
  message('goodbye', {}),
])
export type ClientToController = Static<typeof clientToController>

export const controllerToClient = Type.Union([
  message('replies', { replies: Type.Array(reply) }),
  message('begun', { tasks: Type.Array(Type.Object({ id: taskIdSchema, attempt: count, engine: engineId })) }),
  message('news', { news: Type.Array(news) }),
  message('engines', {
    joined: Type.Array(engineInfo),
    left: Type.Array(Type.Object({ id: engineId, reason: text(1_024) })),
  }),
  message('answer', { request: count, value: optional(Type.Unknown()), fault: optional(fault) }),
  /** More waited for the client than was to be kept, and the rest was left out. It asks again for all that it awaits, as after a lost link. */
  message('again', { engines: Type.Array(engineInfo) }),
  message('pong', { sequence: count }),
  message('goodbye', { reason: text(1_024) }),
])
export type ControllerToClient = Static<typeof controllerToClient>

export const controllerToEngine = Type.Union([
  message('tasks', { tasks: Type.Array(assignment), functions: Type.Array(shippedFunction) }),
  /** Of a task that has begun: its signal fires, and after `graceMs` its executor is replaced. Of others: given back. */
  message('cancel', { tasks: Type.Array(attempt), graceMs: milliseconds }),
  /** Give back those that have not begun. */
  message('recall', { tasks: Type.Array(attempt) }),
  /** Everything that has begun is treated as cancelled, and ends as aborted unless it succeeds first. */
  message('interrupt', { graceMs: milliseconds }),
  /** End the executor now. What had begun is lost; the others go to a new one, whose namespace is empty. */
  message('restart', {}),
  message('pull', { streams: Type.Array(pull) }),
  /** To an engine that keeps: these ends need not be told again. */
  message('noted', { tasks: Type.Array(attempt) }),
  message('ping', { sequence: count }),
  message('stop', {}),
])
export type ControllerToEngine = Static<typeof controllerToEngine>

export const engineToController = Type.Union([
  /** First of all from an engine that resumes: the attempts that it has, or has the ends of. */
  message('holding', { tasks: Type.Array(attempt) }),
  message('ended', { results: Type.Array(ended) }),
  message('begun', { tasks: Type.Array(attempt) }),
  message('news', { news: Type.Array(news) }),
  message('pong', { sequence: count }),
  message('goodbye', { reason: text(1_024) }),
])
export type EngineToController = Static<typeof engineToController>

/** Inside an engine. `sequence` is the engine's own number of an attempt, and its place in the claim table. */
export const engineToExecutor = Type.Union([
  message('run', {
    tasks: Type.Array(
      Type.Object({
        sequence: count,
        id: taskIdSchema,
        attempt: count,
        function: hashSchema,
        call,
        args: PayloadSchema,
        direct: flags.direct,
        traceparent: flags.traceparent,
      }),
    ),
    functions: Type.Array(shippedFunction),
  }),
  message('signal', { sequences: Type.Array(count) }),
  message('pull', { streams: Type.Array(Type.Object({ sequence: count, ...credit })) }),
  /** Send what waits to be sent elsewhere, such as spans, and say so. */
  message('flush', {}),
  message('stop', {}),
])
export type EngineToExecutor = Static<typeof engineToExecutor>

export const executorToEngine = Type.Union([
  message('ready', {}),
  message('flushed', {}),
  message('done', {
    results: Type.Array(
      Type.Object({
        sequence: count,
        outcome: Type.Union([
          Type.Literal('succeeded'),
          Type.Literal('failed'),
          Type.Literal('unmet'),
          Type.Literal('aborted'),
        ]),
        durationMs: milliseconds,
        output: optional(PayloadSchema),
        stream: optional(streamEnd),
        emitsDropped: optional(count),
      }),
    ),
  }),
  message('news', { news: Type.Array(news) }),
])
export type ExecutorToEngine = Static<typeof executorToEngine>
