import type { EngineId } from '../core/ids.ts'
import type { Call, FunctionMessage } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import { abortedBefore, abortOnSignal } from './abort-signals.ts'
import { AsyncResult } from './async-result.ts'
import { checkTargets, type EngineTargets, engineIds } from './engine-targets.ts'
import type { Session } from './session.ts'
import { TaskGroup } from './task-group.ts'
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

  /** Calls the function with the same arguments on each engine. */
  broadcast<T, Item>(shipped: FunctionMessage, args: Payload, shape: Shape): AsyncResult<T, Item> {
    return this.each(
      shipped,
      'once',
      this.engines.map((engine) => ({ engine, args })),
      shape,
    )
  }

  /** Calls the function with each part's own arguments on its engine. */
  each<T, Item>(shipped: FunctionMessage, call: Call, parts: readonly Part[], shape: Shape): AsyncResult<T, Item> {
    const session = this.#session
    const { isList, isStream = false, combine } = shape
    const { signal, task: flags, ordered, returnExceptions } = this.flags
    const inPlace = returnExceptions && !combine
    const group = new TaskGroup({ clock: session.clock, isList, isStream, ordered, returnExceptions: inPlace })
    group.combine = combine
    for (const { engine, args, size = 1 } of parts) {
      if (signal?.aborted) group.add(session.refuse(abortedBefore(signal), group, size))
      else group.add(session.submit(shipped, call, args, { ...flags, targets: [engine] }, size, group))
    }
    group.seal()
    const result = new AsyncResult<T, Item>(group, session)
    if (signal) abortOnSignal(signal, group, () => result.abort())
    return result
  }
}
