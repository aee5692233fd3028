import type { YardmasterError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import { taskBytesOf } from '../core/limits.ts'
import type { Call, FunctionMessage, TaskFlags } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import { abortedBefore, abortOnSignal } from './abort-signals.ts'
import { AsyncResult } from './async-result.ts'
import { checkTargets, type EngineTargets, engineIds } from './engine-targets.ts'
import type { Shippable, ShippedFunction } from './functions/ship-function.ts'
import type { Session } from './session.ts'
import { TaskGroup } from './task-group.ts'
import { TaskRecord } from './task-record.ts'
import { tracedFlags } from './traced-call.ts'
import { type CheckedFlags, noFlags } from './view-flags.ts'

/** How several results of engines become one. */
export type Combine = (values: readonly unknown[]) => unknown

interface Shape {
  readonly isList: boolean
  readonly isStream?: boolean
  /** The results are parts of one, in which no error can stand. */
  readonly combine?: Combine
}

/** A part of the work, which one engine does. */
export interface Part {
  readonly engine: EngineId
  readonly args: Payload
  /** How many results it gives. Default 1. */
  readonly size?: number
}

/** What views of named engines have in common: which engines, how, and the tasks that this makes. */
export class DirectCalls {
  readonly flags: CheckedFlags
  readonly targets: EngineTargets
  readonly #session: Session

  /** @throws ConfigurationError where these are no targets */
  constructor(session: Session, targets: EngineTargets, flags: CheckedFlags = noFlags) {
    checkTargets(targets)
    this.#session = session
    this.targets = targets
    this.flags = flags
  }

  with(flags: CheckedFlags): DirectCalls {
    return new DirectCalls(this.#session, this.targets, flags)
  }

  /**
   * The engines of a call that is made now.
   * @throws NoEngineError naming those that are not there
   */
  get engines(): readonly EngineId[] {
    return engineIds(this.targets, this.#session.roster)
  }

  ship(fn: Shippable): ShippedFunction {
    return this.#session.ship(fn)
  }

  /** Calls the function with the same arguments on each engine. */
  broadcast<T, Item>(shipped: FunctionMessage, args: Payload, shape: Shape): AsyncResult<T, Item> {
    const { engines } = this
    return this.#submit(shape, engines, (flags, group) => this.#session.broadcast(shipped, args, engines, flags, group))
  }

  /** Calls the function with each part's own arguments on its engine. */
  each<T, Item>(shipped: FunctionMessage, call: Call, parts: readonly Part[], shape: Shape): AsyncResult<T, Item> {
    return this.#submit(shape, parts, (flags, group) => {
      const calls = parts.map(({ engine, args, size = 1 }) => {
        const direct: TaskFlags = { ...flags, direct: true, targets: [engine] }
        return { args, flags: direct, size }
      })
      const heldBytes = calls.slice(0, -1).reduce((sum, { args, flags }) => sum + taskBytesOf({ ...flags, args }), 0)
      this.#session.results.outstanding.check(parts.length, heldBytes)
      return calls.map(({ args, flags, size }) => this.#session.submit(shipped, call, args, flags, size, group))
    })
  }

  /** Has the controller tell each engine; it ends when they have been told. */
  tell<T, Item>(kind: 'interrupt' | 'restart', shape: Shape): AsyncResult<T, Item> {
    const session = this.#session
    const { engines } = this
    const group = this.#group(shape)
    const records = engines.map(() => new TaskRecord(session.newTaskId(), group, 1))
    const end = (settle: (record: TaskRecord) => void): void => {
      for (const record of records) {
        settle(record)
        group.taskEnded(record)
      }
    }
    session.ask({ kind, engines: [...engines] }).then(
      () => end((record) => record.succeed()),
      (error: YardmasterError) => end((record) => record.fail(error)),
    )
    return this.#result(group, records)
  }

  #submit<T, Item>(
    shape: Shape,
    parts: readonly (EngineId | Part)[],
    submit: (flags: TaskFlags, group: TaskGroup) => TaskRecord[],
  ): AsyncResult<T, Item> {
    const { signal, task: flags } = this.flags
    const group = this.#group(shape)
    if (!signal?.aborted) {
      const { tracing } = this.#session
      const traced = tracing === undefined ? flags : tracedFlags(tracing, { operation: 'direct', flags, group })
      return this.#result(group, submit(traced, group))
    }
    const sizes = parts.map((part) => (typeof part === 'number' ? 1 : (part.size ?? 1)))
    return this.#result(
      group,
      sizes.map((size) => this.#session.refuse(abortedBefore(signal), group, size)),
    )
  }

  #group({ isList, isStream = false, combine }: Shape): TaskGroup {
    const { ordered, returnExceptions } = this.flags
    const inPlace = returnExceptions && !combine
    const { clock, pull } = this.#session
    const group = new TaskGroup({ clock, pull, isList, isStream, ordered, returnExceptions: inPlace })
    group.combine = combine
    return group
  }

  #result<T, Item>(group: TaskGroup, records: readonly TaskRecord[]): AsyncResult<T, Item> {
    for (const record of records) group.add(record)
    group.seal()
    const result = new AsyncResult<T, Item>(group, this.#session)
    const { signal } = this.flags
    if (signal) abortOnSignal(signal, group, () => result.abort())
    return result
  }
}
