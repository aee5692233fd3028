import { ConfigurationError, type YardmasterError } from '../core/errors.ts'
import { encodeValue } from '../core/payload.ts'
import { abortedBefore, abortOnSignal } from './abort-signals.ts'
import { AsyncResult } from './async-result.ts'
import { submitGraph } from './graph.ts'
import type { GraphEntry, GraphNodes, GraphValues } from './graph-node.ts'
import { imap } from './imap.ts'
import { type ItemSource, isAsyncIterable, isIterable, itemSource, type Sequence } from './item-source.ts'
import { MapRun } from './map-run.ts'
import type { Session } from './session.ts'
import { isGeneratorFunction, type PartOf, type ResultOf, type TaskFunction } from './task-function.ts'
import { type GroupOptions, TaskGroup } from './task-group.ts'
import { collectIds, submitNoMore, type TaskIdsLike } from './task-ids.ts'
import { tracedFlags } from './traced-call.ts'
import { addFlags, type CheckedFlags, noFlags, type ViewFlags } from './view-flags.ts'

/** One sequence for each parameter. */
export type SequencesOf<Args extends readonly unknown[]> = { readonly [Index in keyof Args]: Sequence<Args[Index]> }

/** What a map gives for one item; with `returnExceptions`, an error may stand in its place. */
export type MapItem<Returned, InPlace extends boolean> = InPlace extends true
  ? ResultOf<Returned> | YardmasterError
  : ResultOf<Returned>

/** What a map gives: all results when awaited, one after another when iterated. */
export type MapResult<Returned, InPlace extends boolean> = AsyncResult<
  MapItem<Returned, InPlace>[],
  MapItem<Returned, InPlace>
>

/** How an endless map is read. */
export interface ImapOptions {
  /** Overrides the view's flag. */
  readonly ordered?: boolean
  /** At most this many items are under way, or have ended and are not read yet. Default: some chunks for each engine. */
  readonly window?: number
}

/** A function that maps itself over sequences. */
export interface ParallelFunction<Args extends readonly unknown[], Returned, InPlace extends boolean> {
  (...sequences: SequencesOf<Args>): MapResult<Returned, InPlace>
  map(...sequences: SequencesOf<Args>): MapResult<Returned, InPlace>
}

/**
 * Tasks that go to whichever engine the scheduler chooses. A view is its flags: `with` gives another view and changes
 * none.
 *
 * Functions and arguments are encoded when they are submitted, and what cannot travel is told then: `apply` throws.
 * Large buffers (4 kB and more) are not copied before they are sent: leave them alone until the result is there. The
 * items of a map are read as it proceeds; what is wrong with one rejects the map's result.
 */
export class LoadBalancedView<InPlace extends boolean = false> {
  readonly #session: Session
  readonly #flags: CheckedFlags
  readonly #ofCall: GroupOptions
  readonly #ofStream: GroupOptions
  readonly #ofMap: GroupOptions

  /** @internal */
  constructor(session: Session, flags: CheckedFlags = noFlags) {
    this.#session = session
    this.#flags = flags
    const { ordered, returnExceptions } = flags
    const { clock, pull } = session
    this.#ofCall = { clock, pull, isList: false, ordered, returnExceptions, isStream: false }
    this.#ofStream = { ...this.#ofCall, isStream: true }
    this.#ofMap = { ...this.#ofCall, isList: true }
  }

  /** The flags that were set. */
  get flags(): ViewFlags {
    return this.#flags.given
  }

  /**
   * A view with these flags added.
   * @throws ConfigurationError naming the flag that is wrong
   */
  with<const Flags extends ViewFlags>(
    flags: Flags,
  ): LoadBalancedView<Flags extends { readonly returnExceptions: infer Given extends boolean } ? Given : InPlace> {
    return new LoadBalancedView(this.#session, addFlags(this.#flags, flags))
  }

  /**
   * Calls the function with these arguments on an engine.
   * @throws CaptureError, CloneError where the function or an argument cannot travel
   * @throws LimitError where the client has too much outstanding: see `client.room`
   */
  apply<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
    ...args: Args
  ): AsyncResult<ResultOf<Returned>, PartOf<Returned>> {
    const session = this.#session
    const { signal } = this.#flags
    const shipped = session.ship(fn)
    const payload = encodeValue(args, 'args')
    const group = new TaskGroup(isGeneratorFunction(fn) ? this.#ofStream : this.#ofCall)
    const { task: flags } = this.#traced('apply', fn, group)
    if (signal?.aborted) group.add(session.refuse(abortedBefore(signal), group, 1))
    else group.add(session.submit(shipped, 'once', payload, flags, 1, group))
    group.seal()
    return this.#resultOf(group)
  }

  /**
   * Calls the function with each item, or with an item of each sequence side by side, as long as the shortest lasts.
   * Light items travel together, in chunks that follow their measured time, unless `chunk` says how many. While the client has too much
   * outstanding, it waits.
   * @throws CaptureError where the function cannot travel
   */
  map<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
    ...sequences: SequencesOf<Args>
  ): MapResult<Returned, InPlace> {
    const group = new TaskGroup(this.#ofMap)
    const open = this.#opener(sequences)
    const call = sequences.length === 1 ? 'each' : 'eachSpread'
    const shipped = this.#session.ship(fn)
    const flags = this.#traced('map', fn, group)
    const run = new MapRun({ session: this.#session, shipped, flags, call, sink: group }, (onMore) => {
      const source = open(onMore)
      group.total = source.length
      return source
    })
    group.source = run
    const result: MapResult<Returned, InPlace> = this.#resultOf(group)
    if (this.#flags.signal?.aborted) run.cancel()
    else run.pump()
    return result
  }

  /**
   * A map without an end: items are read as results are taken, and nothing is kept. It begins with the first result
   * asked for; leaving the loop, or the view's `signal`, stops the input and aborts what is under way. The first error
   * ends it, unless the view says `returnExceptions`.
   */
  imap<Item, Returned>(
    fn: TaskFunction<readonly [Item], Returned>,
    items: Sequence<Item>,
    { ordered = this.#flags.ordered, window }: ImapOptions = {},
  ): AsyncIterableIterator<MapItem<Returned, InPlace>, undefined, void> {
    if (window !== undefined && !(Number.isSafeInteger(window) && window >= 1))
      throw new ConfigurationError(`window must be a whole number, 1 or more, not ${window}`)
    const shipped = this.#session.ship(fn)
    const flags = { ...this.#traced('imap', fn), ordered }
    return imap(
      { session: this.#session, shipped, flags, call: 'each', ...(window === undefined ? {} : { window }) },
      this.#opener([items]),
    )
  }

  /**
   * Calls a whole graph of functions, each after those it names, and gives the results by name:
   *
   *     const { total } = await lview.graph({
   *       load: node(load, ['a.csv']),
   *       total: node(sum, ['a.csv'], { after: ['load'], retries: 2 }),
   *     })
   *
   * All nodes are submitted at once; the scheduler holds each back until it may run. A node is labelled with its name,
   * unless the flags say otherwise. What fails leaves those that need it impossible, and the whole rejects as a map does.
   * Iterating gives pairs of a name and a result; `ids` and `metadata` stand in the order of the nodes.
   * @throws InvalidDependencyError naming a cycle, or what is neither a node nor a task; then nothing is submitted
   * @throws CaptureError, CloneError where a function or an argument cannot travel
   * @throws LimitError where the client has too much outstanding; then nothing is submitted
   */
  graph<const Nodes extends GraphNodes<Nodes>>(
    nodes: Nodes,
  ): AsyncResult<GraphValues<Nodes, InPlace>, GraphEntry<Nodes, InPlace>> {
    const group = new TaskGroup(this.#ofMap)
    submitGraph(this.#session, this.#traced('graph', undefined, group), nodes, group)
    return this.#resultOf(group)
  }

  /** The function, mapping itself over sequences: `f(xs)` and `f.map(xs)` are `view.map(fn, xs)`. */
  parallel<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
  ): ParallelFunction<Args, Returned, InPlace> {
    const map = (...sequences: SequencesOf<Args>): MapResult<Returned, InPlace> => this.map(fn, ...sequences)
    return Object.assign((...sequences: SequencesOf<Args>) => map(...sequences), { map })
  }

  /** The function, run on an engine at each call. */
  remote<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
  ): (...args: Args) => AsyncResult<ResultOf<Returned>, PartOf<Returned>> {
    return (...args) => this.apply(fn, ...args)
  }

  /** Aborts tasks that have not ended, whosever they are. */
  abort(tasks: TaskIdsLike): void {
    this.#session.abort(collectIds(tasks, submitNoMore))
  }

  /** With the span of a call, where calls are traced. */
  #traced(operation: string, fn: unknown, group?: TaskGroup): CheckedFlags {
    const { tracing } = this.#session
    if (tracing === undefined) return this.#flags
    const call = { operation, fn, flags: this.#flags.task, ...(group ? { group } : {}) }
    return { ...this.#flags, task: tracedFlags(tracing, call) }
  }

  #resultOf<T, Item>(group: TaskGroup): AsyncResult<T, Item> {
    const result = new AsyncResult<T, Item>(group, this.#session)
    const { signal } = this.#flags
    if (signal) abortOnSignal(signal, group, () => result.abort())
    return result
  }

  #opener(sequences: readonly unknown[]): (onMore: () => void) => ItemSource {
    const usable = sequences.filter((sequence) => isIterable(sequence) || isAsyncIterable(sequence))
    if (sequences.length === 0 || usable.length < sequences.length)
      throw new ConfigurationError('a map takes one or more sequences: arrays, or anything else that can be iterated')
    return (onMore) => itemSource(usable, onMore)
  }
}
