import type { Observable } from 'rxjs'
import { type Actor, createActor, type InspectionEvent, type Observer, waitFor } from 'xstate'
import { type Clock, systemClock } from '../core/clock.ts'
import { ClosedError, InternalError } from '../core/errors.ts'
import { type EngineId, newSessionId, type SessionId, type TaskId } from '../core/ids.ts'
import { machineClock } from '../core/machine-clock.ts'
import type { EngineInfo, QueueStatus, TaskStatus } from '../core/messages.ts'
import { freshSeed, type Random, seededRandom } from '../core/random.ts'
import { Tracing, type TracingOption } from '../core/tracing.ts'
import { AsyncResult } from './async-result.ts'
import { BroadcastView } from './broadcast-view.ts'
import { type Connector, clientMachine } from './client-machine.ts'
import { checkClientOptions } from './client-options.ts'
import { type ControllerAddress, connectorFor } from './connect.ts'
import type { ConnectOptions } from './connector.ts'
import { DirectCalls } from './direct-calls.ts'
import type { DirectFlags, InPlaceOf } from './direct-flags.ts'
import { DirectView } from './direct-view.ts'
import type { EngineResult, EngineTargets } from './engine-targets.ts'
import { LoadBalancedView } from './load-balanced-view.ts'
import { Session } from './session.ts'
import type { PartOf, ResultOf, TaskFunction } from './task-function.ts'
import { TaskGroup } from './task-group.ts'
import { collectIds, leavesOf, submitNoMore, type TaskIdsLike } from './task-ids.ts'
import { historyOf, queryTasks, type TaskInfo, type TaskQuery } from './task-query.ts'
import type { ViewFlags } from './view-flags.ts'

/** What a client takes beside the place of its controller. */
export interface ClientOptions extends ConnectOptions {
  /** For how long to try again after a lost link. Default 30,000; 0: not at all. */
  readonly reconnectMs?: number
  /** What a function may take with all that it captures, in bytes. Default 16 MiB. */
  readonly capturedBytesMax?: number
  /** Sees every event and state of the client's machine. It costs about half of the throughput. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void)
  /**
   * A span by OpenTelemetry for each call of a view, under the active one: `true`, or the URL of the module that sets up its SDK.
   * docs/OBSERVABILITY.md tells of them. Needs the package @opentelemetry/api. Default: none.
   */
  readonly tracing?: TracingOption
  readonly clock?: Clock
  readonly random?: Random
}

/** How a client submits when it is called itself, to an engine that the scheduler chooses. */
export interface ApplyOptions extends ViewFlags {
  readonly targets: null
}

/** How a client submits to engines that it names. */
export interface DirectApplyOptions extends DirectFlags {
  readonly targets: EngineTargets
}

type ClientActor = Actor<typeof clientMachine>

/**
 * A program's seat at a controller. When the link is lost it is sought again; tasks are submitted again where they were
 * not answered, and results that are still awaited come in on the new link.
 */
export class Client implements AsyncDisposable {
  readonly #actor: ClientActor
  readonly #session: Session
  readonly #closed: Promise<void>

  private constructor(actor: ClientActor, session: Session, connector: Connector) {
    this.#actor = actor
    this.#session = session
    this.#closed = waitFor(actor, (snapshot) => snapshot.status !== 'active', {
      timeout: Number.POSITIVE_INFINITY,
    })
      .then(
        () => {},
        (error: unknown) => session.end(new InternalError('the client has failed', { cause: error })),
      )
      .then(() => connector.end?.())
  }

  /**
   * Connects to the controller at an address (with its `key`), or by a connection file: at a path, of a named cluster of
   * this machine, or the default one. `{ ssh: 'user@host' }` finds the file on another machine, through the system's
   * OpenSSH, and reaches the controller through a tunnel, made anew with each link; nobody is asked for a password.
   * @throws ConfigurationError, AddressError, TransportUnavailableError, UnreachableError, AuthenticationError, VersionError
   */
  static async connect(controller?: ControllerAddress, options: ClientOptions = {}): Promise<Client> {
    checkClientOptions(controller, options)
    const clock = options.clock ?? systemClock
    return Client.over(await connectorFor(controller, options, clock), { ...options, clock })
  }

  /** @internal As `connect`, with links from elsewhere. */
  static async over(connector: Connector, options: ClientOptions = {}): Promise<Client> {
    const clock = options.clock ?? systemClock
    const random = options.random ?? seededRandom(freshSeed())
    const tracing = options.tracing ? await Tracing.load(options.tracing) : undefined
    const session = new Session(newSessionId(random), clock, options.capturedBytesMax, tracing)
    const actor = createActor(clientMachine, {
      clock: machineClock(clock),
      ...(options.inspect ? { inspect: options.inspect } : {}),
      input: { session, connector, clock, random, reconnectMs: options.reconnectMs ?? 30_000 },
    })
    const client = new Client(actor, session, connector)
    actor.start()
    const settled = await waitFor(actor, (snapshot) => snapshot.matches('ready') || snapshot.status !== 'active', {
      timeout: Number.POSITIVE_INFINITY,
    })
    if (settled.matches('ready')) return client
    await client.#closed
    throw settled.context.error ?? new ClosedError('the client has been closed')
  }

  /** What the ids of its tasks begin with, and `query` finds them by. It stays when the link is lost and restored. */
  get session(): SessionId {
    return this.#session.id
  }

  /** The numbers of the engines that are there, in order of arrival. */
  get ids(): EngineId[] {
    return this.#session.roster.ids
  }

  /** The engines as they are now, then at every change. Completes when the client is closed, and never errors. */
  get engines$(): Observable<readonly EngineInfo[]> {
    return this.#session.roster.engines$
  }

  /** What the client is about: `reconnecting` after a lost link, `closed` for good. */
  get status(): 'ready' | 'reconnecting' | 'closing' | 'closed' {
    const snapshot = this.#actor.getSnapshot()
    for (const status of ['ready', 'reconnecting', 'closing'] as const) if (snapshot.matches(status)) return status
    return 'closed'
  }

  /** Resolves with the engines' numbers when `count` are there. Rejects with `TimeoutError` after `timeout` milliseconds. */
  waitForEngines(count: number, timeout?: number): Promise<EngineId[]> {
    return this.#session.roster.waitFor(count, timeout, this.#session.clock)
  }

  loadBalancedView(): LoadBalancedView {
    return new LoadBalancedView(this.#session)
  }

  /**
   * Engines by number: one, a list, a slice of those that are there, or `'all'` of them at each call.
   * @throws ConfigurationError where these are no targets
   */
  directView<const Targets extends EngineTargets = 'all'>(targets?: Targets): DirectView<Targets> {
    return new DirectView(new DirectCalls(this.#session, targets === undefined ? 'all' : targets))
  }

  /**
   * As `directView`, for calls that go to each engine alike: the results are lists, of one engine too.
   * @throws ConfigurationError where these are no targets
   */
  broadcastView<const Targets extends EngineTargets = 'all'>(targets?: Targets): BroadcastView<Targets> {
    return new BroadcastView(new DirectCalls(this.#session, targets === undefined ? 'all' : targets))
  }

  /** `loadBalancedView()`, for null; otherwise `directView(targets)`. */
  view(targets: null): LoadBalancedView
  view<const Targets extends EngineTargets>(targets: Targets): DirectView<Targets>
  view(targets: EngineTargets | null): LoadBalancedView | DirectView<EngineTargets> {
    return targets === null ? this.loadBalancedView() : this.directView(targets)
  }

  /** `view(targets).with(flags).apply(fn, ...args)` in one call. */
  apply<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
    args: Args,
    flags: ApplyOptions,
  ): AsyncResult<ResultOf<Returned>, PartOf<Returned>>
  apply<Args extends readonly unknown[], Returned, const Options extends DirectApplyOptions>(
    fn: TaskFunction<Args, Returned>,
    args: Args,
    flags: Options & { readonly [Flag in Exclude<keyof Options, keyof DirectApplyOptions>]: never },
  ): EngineResult<Options['targets'], ResultOf<Returned>, InPlaceOf<Options, false>, PartOf<Returned>>
  apply(
    fn: TaskFunction<readonly unknown[], unknown>,
    args: readonly unknown[],
    { targets, ...flags }: ApplyOptions | DirectApplyOptions,
  ): AsyncResult<unknown> {
    const view = targets === null ? this.loadBalancedView().with(flags) : this.directView(targets).with(flags)
    return view.apply(fn, ...args)
  }

  /** How many tasks are in each state, in all and at each engine. */
  queueStatus(): Promise<QueueStatus> {
    return this.#session.ask({ kind: 'queueStatus' })
  }

  /** The state of tasks, whosever they are. */
  resultStatus(tasks: TaskIdsLike): Promise<Readonly<Record<TaskId, TaskStatus>>> {
    return this.#session.ask({ kind: 'resultStatus', tasks: collectIds(tasks) })
  }

  /** The ids of this client's tasks that the controller knows, in order of submission; with `limit`, the latest so many. */
  history({ limit }: { readonly limit?: number } = {}): Promise<TaskId[]> {
    return historyOf(this.#session, limit)
  }

  /**
   * What the controller holds of this client's tasks, or with `client: 'any'` of everybody's, in order of submission: those that have not ended, and those that ended, as far
   * as it retains them. Rejects with a `ConfigurationError` that names the field which is wrong. The controller looks at
   * every record it holds, unless `ids` are given.
   */
  query(query: TaskQuery = {}): Promise<TaskInfo[]> {
    return queryTasks(this.#session, query)
  }

  /**
   * Lets another of the strategies that the controller has, by name, choose from here on; nothing that was assigned
   * moves. Rejects with a `ConfigurationError` for an unknown name.
   */
  async setStrategy(strategy: string): Promise<void> {
    await this.#session.ask({ kind: 'setStrategy', strategy })
  }

  /**
   * Brings the engines that the cluster starts by itself to this number; with 0 none is left. Those that are too many take no more tasks, finish
   * what runs and leave. Resolves when that is done, or when new ones are accepted by a system that lets them wait.
   * Rejects with a `ConfigurationError` where the cluster starts none, and with the reason why one did not come up.
   */
  async scale(engines: number): Promise<void> {
    await this.#session.ask({ kind: 'scale', count: engines })
  }

  /**
   * The results of tasks by their ids, whosever they are: of one id its result, of a list the list of results, with the
   * items of a map in their order. What the controller does not know or no longer holds fails with `UnknownTaskError`
   * or `PurgedError`.
   */
  getResult<T = unknown>(task: string): AsyncResult<T>
  getResult<T = unknown>(tasks: Exclude<TaskIdsLike, string>): AsyncResult<T[], T>
  getResult(tasks: TaskIdsLike): AsyncResult<unknown> {
    const ids = collectIds(tasks)
    return this.#gather(typeof tasks !== 'string', (group) => this.#session.watch(ids, group))
  }

  /** Submits tasks that have ended once more, with all their constraints, under new ids. */
  resubmit<T = unknown>(task: string): AsyncResult<T>
  resubmit<T = unknown>(tasks: Exclude<TaskIdsLike, string>): AsyncResult<T[], T>
  resubmit(tasks: TaskIdsLike): AsyncResult<unknown> {
    const ids = collectIds(tasks)
    return this.#gather(typeof tasks !== 'string', (group) => this.#session.resubmit(ids, group))
  }

  /** Aborts tasks, whosever they are; without an argument, all that this client awaits. What has ended stays as it is. */
  abort(tasks?: TaskIdsLike): void {
    const { results } = this.#session
    if (tasks === undefined) this.#session.cancelUnfinished()
    this.#session.abort(tasks === undefined ? results.ids() : collectIds(tasks, submitNoMore))
  }

  /**
   * Resolves when the controller has accepted every task that was submitted before. If it has a store, they then outlast it, and its
   * `kill -9` loses none.
   */
  async flush(): Promise<void> {
    await this.#session.ask({ kind: 'flush' })
  }

  /**
   * Resolves when fewer than `below` of the tasks that this client has submitted are outstanding (default: half of what the controller lets
   * it have), and what they take is within bounds: at once, if so. To be awaited in a loop that submits without an end. Rejects with why the
   * client has ended.
   */
  room(below?: number): Promise<void> {
    return this.#session.room(below)
  }

  /** Has the controller forget results, and resolves with how many. Rejects with `PendingError` where a task has not ended. */
  async purge(tasks: TaskIdsLike): Promise<number> {
    return (await this.#session.ask({ kind: 'purge', tasks: collectIds(tasks) })).purged
  }

  /** Waits until tasks have ended, or for `timeout` milliseconds; without tasks, for all that this client awaits. Resolves with whether they have. */
  async wait(tasks?: TaskIdsLike, timeout?: number): Promise<boolean> {
    if (tasks === undefined) return this.#session.whenIdle(timeout)
    const waits = leavesOf(tasks).map((leaf) =>
      typeof leaf !== 'string' && leaf.wait ? leaf.wait(timeout) : this.getResult([leaf]).wait(timeout),
    )
    return (await Promise.all(waits)).every(Boolean)
  }

  /** Ends the controller and its engines, or only these engines. */
  async shutdown({ engines }: { readonly engines?: readonly EngineId[] } = {}): Promise<void> {
    await this.#session.ask({ kind: 'shutdown', ...(engines === undefined ? {} : { engines: [...engines] }) })
    if (engines === undefined) await this.#closed
  }

  /**
   * Sends what was submitted, then leaves. Tasks go on without their client; results that have not arrived reject with
   * `ClosedError`, and another client can get them. Never rejects.
   */
  async close(): Promise<void> {
    if (this.#actor.getSnapshot().status === 'active') {
      this.#session.submitRest()
      this.#actor.send({ type: 'close' })
    }
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #gather(
    isList: boolean,
    begin: (group: TaskGroup) => Iterable<Parameters<TaskGroup['add']>[0]>,
  ): AsyncResult<unknown> {
    const { clock, pull } = this.#session
    const group = new TaskGroup({ clock, pull, isList, ordered: true, returnExceptions: false, isStream: false })
    for (const task of begin(group)) group.add(task)
    group.seal()
    return new AsyncResult(group, this.#session)
  }
}
