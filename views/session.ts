import type { ClientWelcome } from '../core/admission-messages.ts'
import { capacityOf, holdsShared, noLimit, tooLarge, unfit } from '../core/capacity.ts'
import type { Clock } from '../core/clock.ts'
import { CloneError, EngineLostError, type MessageTooLargeError, type YardmasterError } from '../core/errors.ts'
import { type EngineId, type SessionId, type TaskId, taskId } from '../core/ids.ts'
import { namesBytesOf, taskBytesOf, taskOverheadBytes } from '../core/limits.ts'
import type {
  Answers,
  Ask,
  Call,
  ControllerToClient,
  FunctionMessage,
  Submission,
  TaskFlags,
} from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import type { Pull } from '../core/stream-messages.ts'
import type { Tracing } from '../core/tracing.ts'
import { Broadcast } from './broadcast.ts'
import { type Shippable, type ShippedFunction, shipFunction } from './functions/ship-function.ts'
import { type ClientLink, Outbox, tasksMax } from './outbox.ts'
import { type Asked, Questions } from './questions.ts'
import { ResultsTable } from './results-table.ts'
import { Roster } from './roster.ts'
import { SharedOwner, type TaskOwner, TaskRecord } from './task-record.ts'
import { noTaskFlags } from './view-flags.ts'

/** One message names at most this many tasks. */
const namesMax = 10_000

/** A map that has not submitted everything yet. */
export interface Unfinished {
  /** Whether its input has an end, and can be read to it at once. */
  readonly isFinite: boolean
  submitRest(): void
  cancel(): void
}

/**
 * What a client knows, and what its views do with it. It outlives the links that the client machine gives it and takes
 * from it: meanwhile everything waits in tables, and a new link is told all that was not answered.
 */
export class Session {
  readonly id: SessionId
  readonly clock: Clock
  readonly roster = new Roster()
  readonly results = new ResultsTable()
  readonly unfinished = new Set<Unfinished>()
  /** Where calls are traced. */
  readonly tracing: Tracing | undefined
  readonly #questions = new Questions()
  readonly #outbox = new Outbox()
  /** What the next turn tells of streams. */
  readonly #pulls = new Map<TaskId, Pull>()
  /** Of the last link. */
  #capacity = noLimit
  #sequence = 0
  #wasLinked = false
  /** What tells the last controller from others. */
  #controller: string | undefined
  #end: YardmasterError | undefined
  readonly #capturedBytesMax: number | undefined

  constructor(id: SessionId, clock: Clock, capturedBytesMax?: number, tracing?: Tracing) {
    this.id = id
    this.tracing = tracing
    this.clock = clock
    this.#capturedBytesMax = capturedBytesMax
  }

  get isFlushed(): boolean {
    return this.#outbox.isEmpty
  }

  /** @throws CaptureError where it cannot travel */
  ship(fn: Shippable): ShippedFunction {
    return shipFunction(fn, this.#capturedBytesMax)
  }

  /**
   * Why a call is too large for the link, if so.
   * @throws CloneError for shared memory that the link cannot carry
   */
  check(shipped: FunctionMessage, args: Payload, flags: TaskFlags = noTaskFlags): MessageTooLargeError | undefined {
    const capacity = this.#capacity
    const bytes = shipped.payload.byteLength + args.byteLength
    const error =
      unfit(capacity, 'the call', shipped.payload, args) ??
      tooLarge(capacity, 'the call, with all that it names,', bytes + namesBytesOf(flags))
    if (error instanceof CloneError) throw error
    if (holdsShared(args) && this.roster.isApart) throw new CloneError(sharedApart)
    return error
  }

  /**
   * @throws why the session ended
   * @throws LimitError where too much is outstanding
   * @throws CloneError for shared memory that the link cannot carry, or that no engine could be given
   */
  submit(
    shipped: FunctionMessage,
    call: Call,
    args: Payload,
    flags: TaskFlags,
    size: number,
    owner: TaskOwner,
  ): TaskRecord {
    this.results.outstanding.check(1)
    const error = this.check(shipped, args, flags)
    if (error) return this.refuse(error, owner, size)
    const task = this.#newTask(shipped, call, args, flags, size, owner)
    this.#outbox.add(task)
    return task
  }

  /**
   * One direct task for each target, in this order; `flags` may hold `runTimeoutMs`, `label` and `traceparent`.
   * @throws why the session ended
   * @throws LimitError where too much is outstanding
   * @throws CloneError for shared memory that the link cannot carry
   */
  broadcast(
    shipped: FunctionMessage,
    args: Payload,
    targets: readonly EngineId[],
    flags: Pick<TaskFlags, 'runTimeoutMs' | 'label' | 'traceparent'>,
    owner: TaskOwner,
  ): TaskRecord[] {
    const others = targets.length - 1
    this.results.outstanding.check(targets.length, others > 0 ? args.byteLength + others * taskOverheadBytes : 0)
    const error = this.check(shipped, args)
    if (error) return targets.map(() => this.refuse(error, owner, 1))
    const own = args.lent
    // The arguments are there once for all.
    const tasks = targets.map((target, i) =>
      this.#newTask(shipped, 'once', own, { ...flags, direct: true, targets: [target] }, 1, owner, i > 0),
    )
    for (const part of inParts(tasks, tasksMax)) this.#outbox.add(new Broadcast(part))
    return tasks
  }

  #newTask(
    shipped: FunctionMessage,
    call: Call,
    args: Payload,
    flags: TaskFlags,
    size: number,
    owner: TaskOwner,
    sharesArgs = false,
  ): TaskRecord {
    const id = this.newTaskId()
    // Spreading what holds nothing would cost as much as all the rest.
    const plain: Submission = { id, function: shipped.hash, call, args }
    const submission = flags === noTaskFlags ? plain : { ...plain, ...flags }
    if (args.memory === 'moved') sendOnce(submission)
    const task = new TaskRecord(id, owner, size, submission, shipped)
    task.heldBytes = sharesArgs ? taskOverheadBytes : taskBytesOf(submission)
    this.results.add(task)
    return task
  }

  /** A task that is never sent, and fails as soon as its owner can hear of it. */
  refuse(error: YardmasterError, owner: TaskOwner, size: number): TaskRecord {
    const task = new TaskRecord(this.newTaskId(), owner, size)
    task.heldBytes = taskOverheadBytes
    this.results.add(task)
    queueMicrotask(() => this.results.fail([task], error))
    return task
  }

  /** @throws why the session ended */
  newTaskId(): TaskId {
    if (this.#end) throw this.#end
    const id = taskId(this.id, this.#sequence)
    this.#sequence += 1
    return id
  }

  /** Records for tasks that may be anyone's. Their replies come when they have ended. */
  watch(ids: readonly TaskId[], owner: TaskOwner): TaskRecord[] {
    if (this.#end) throw this.#end
    const unknown: TaskId[] = []
    const tasks = ids.map((id) => {
      const known = this.results.get(id)
      if (known) {
        known.owner = new SharedOwner(known.owner, owner)
        return known
      }
      const task = new TaskRecord(id, owner, 1)
      this.results.add(task)
      unknown.push(id)
      return task
    })
    this.#askToWatch(unknown)
    return tasks
  }

  /**
   * The tasks `from`, submitted once more under new ids.
   * @throws LimitError where too much is outstanding
   */
  resubmit(from: readonly TaskId[], owner: TaskOwner): TaskRecord[] {
    this.results.outstanding.check(from.length)
    const tasks = from.map(() => new TaskRecord(this.newTaskId(), owner, 1))
    for (const task of tasks) {
      task.heldBytes = taskOverheadBytes
      this.results.add(task)
    }
    const pairs = tasks.map((task, i) => ({ from: from[i] as TaskId, to: task.id }))
    this.ask({ kind: 'resubmit', pairs }).catch((error: YardmasterError) => this.results.fail(tasks, error))
    return tasks
  }

  abort(ids: readonly TaskId[]): void {
    if (this.#end) return
    for (const id of ids) {
      const task = this.results.get(id)
      if (task) task.abortAsked = true
    }
    for (const tasks of inParts(ids)) this.#outbox.add({ type: 'abort', tasks })
  }

  /** Lets a generator task go on. */
  readonly pull = (pull: Pull): void => {
    if (this.#pulls.size === 0) queueMicrotask(() => this.#sendPulls())
    const { heard = 0, upTo = 0, again = false } = this.#pulls.get(pull.id) ?? {}
    const most = { heard: Math.max(heard, pull.heard), upTo: Math.max(upTo, pull.upTo) }
    this.#pulls.set(pull.id, { id: pull.id, ...most, ...(again || pull.again ? { again: true } : {}) })
  }

  /** Rejects with the controller's fault, or why the session ended. */
  ask<One extends Ask>(ask: One): Promise<Answers[One['kind']]> {
    if (this.#end) return Promise.reject(this.#end)
    const { message, answer } = this.#questions.ask(ask, this.#sequence)
    this.#outbox.add(message)
    return answer
  }

  receive(message: ControllerToClient): void {
    switch (message.type) {
      case 'replies':
        return this.results.replies(message)
      case 'begun':
        return this.results.begun(message)
      case 'news':
        return this.results.news(message)
      case 'engines':
        return this.roster.change(message)
      case 'answer':
        return this.#questions.answer(message)
      case 'again':
        this.roster.replace(message.engines)
        return this.#replay(false)
    }
  }

  attach(link: ClientLink, welcome: ClientWelcome): void {
    this.roster.replace(welcome.engines)
    if (this.#wasLinked) {
      for (const task of this.results.tasks()) task.output?.rewind()
      this.#replay(welcome.controller !== this.#controller)
    }
    this.#wasLinked = true
    this.#controller = welcome.controller
    this.#capacity = capacityOf(link.connection, welcome.messageBytesMax)
    this.results.outstanding.limit(welcome.limits)
    this.#outbox.attach(link, this.#capacity)
  }

  /** Submits what maps still hold back, as far as it is known. */
  submitRest(): void {
    for (const run of [...this.unfinished]) if (run.isFinite) run.submitRest()
  }

  cancelUnfinished(): void {
    for (const run of [...this.unfinished]) run.cancel()
  }

  /** Resolves when no task is awaited any more, or after `timeoutMs`, with which it was. */
  whenIdle(timeoutMs: number | undefined): Promise<boolean> {
    for (const task of this.results.tasks()) task.owner.takeAll()
    return new Promise((resolve) => {
      const onIdle = (): void => {
        cancelTimer?.()
        resolve(true)
      }
      const onTimeout = (): void => {
        this.results.forget(onIdle)
        resolve(this.results.size === 0)
      }
      const cancelTimer = timeoutMs === undefined ? undefined : this.clock.after(timeoutMs, onTimeout)
      this.results.whenIdle(onIdle)
    })
  }

  /** Resolves when fewer than `below` tasks of this client are outstanding, and there is room in bytes. Rejects with why the session ended. */
  async room(below: number | undefined): Promise<void> {
    const { outstanding } = this.results
    while (this.#end === undefined) {
      if (outstanding.tasks < (below ?? outstanding.tasksMax / 2) && outstanding.hasRoom) return
      await new Promise<void>((resolve) => outstanding.whenChanged(resolve))
    }
    throw this.#end
  }

  detach(): void {
    this.#outbox.detach()
  }

  flush(): void {
    this.#outbox.flush()
  }

  drained(): void {
    this.#outbox.drained()
  }

  /** Nothing more will come: everything that is awaited fails with the reason. */
  end(error: YardmasterError): void {
    if (this.#end) return
    this.#end = error
    this.#outbox.detach()
    this.#outbox.clear()
    this.results.fail([...this.results.tasks()], error)
    this.#questions.rejectAll(error)
    this.roster.end(error)
  }

  /**
   * After a lost link, or when the controller says that it has left something out: tasks without a reply are submitted again, then watched. The controller passes over ids that it
   * knows; one that was started anew, or has forgotten, runs them again. So a task that must not run twice is only
   * watched, once it has been sent; and a direct one is lost with the engines of another controller, whose numbers mean others now.
   */
  #replay(isOther: boolean): void {
    this.#outbox.clear()
    if (isOther)
      this.results.fail([...this.results.tasks()].filter(wasSentDirectly), new EngineLostError(otherController))
    const watched: TaskId[] = []
    const aborted: TaskId[] = []
    const questions = [...this.#questions.asked()]
    const deeds = questions.filter(isDeed)
    const addDeeds = (before = Number.POSITIVE_INFINITY) => {
      for (let deed = deeds[0]; deed !== undefined && deed.place <= before; deed = deeds[0]) {
        this.#outbox.add(deed.message)
        deeds.shift()
      }
    }
    for (const task of this.results.tasks()) {
      const mustNotRepeat = task.wasSent && task.submission?.retryOnEngineLoss === false
      if (deeds.length > 0) addDeeds(this.#placeOf(task.id))
      if (task.submission && !mustNotRepeat) this.#outbox.add(task)
      watched.push(task.id)
      if (task.abortAsked) aborted.push(task.id)
    }
    // Among them those that make tasks, which the controller may not know yet.
    addDeeds()
    this.#askToWatch(watched)
    // The others come after: who asks whether all was accepted is to know before of what was not.
    for (const question of questions) if (!isDeed(question)) this.#outbox.add(question.message)
    this.abort(aborted)
  }

  /** How many of its own tasks this client had made before this one; of another’s: none. */
  #placeOf(id: TaskId): number {
    return id.startsWith(`${this.id}.`) ? Number(id.slice(this.id.length + 1)) : -1
  }

  #sendPulls(): void {
    if (!this.#end)
      for (const streams of inParts([...this.#pulls.values()])) this.#outbox.add({ type: 'pull', streams })
    this.#pulls.clear()
  }

  #askToWatch(ids: readonly TaskId[]): void {
    for (const tasks of inParts(ids)) {
      this.ask({ kind: 'watch', tasks }).catch((error: YardmasterError) => {
        this.results.fail(
          tasks.flatMap((id) => this.results.get(id) ?? []),
          error,
        )
      })
    }
  }
}

/** Whether it changes something for the tasks that come after it. */
function isDeed({ message: { ask } }: Asked): boolean {
  return ask.kind === 'resubmit' || ask.kind === 'interrupt' || ask.kind === 'restart'
}

const otherController =
  'the controller was started anew without what it knew, and its engines are others. Submit the task to an engine that is there.'

function wasSentDirectly(task: TaskRecord): boolean {
  return task.wasSent && task.submission?.direct === true
}

const sharedApart =
  "the call holds shared memory (a SharedArrayBuffer), and every engine is in another process. Start engines that are threads (engineKind: 'thread'), or pass a copy."

/** What is moved cannot be sent twice. Where the flags ask for further attempts, the controller keeps it, and engines get copies. */
function sendOnce(submission: Submission): void {
  const isRepeated = (submission.retries ?? 0) > 0 || submission.retryOnEngineLoss === true
  if (isRepeated) submission.args = submission.args.lent
  else submission.retryOnEngineLoss = false
}

function* inParts<T>(list: readonly T[], sizeMax = namesMax): Generator<T[]> {
  for (let i = 0; i < list.length; i += sizeMax) yield list.slice(i, i + sizeMax)
}
