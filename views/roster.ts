import { type Observable, ReplaySubject } from 'rxjs'
import type { Clock } from '../core/clock.ts'
import { TimeoutError, type YardmasterError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import type { ControllerToClient, EngineInfo } from '../core/messages.ts'

type EnginesMessage = Extract<ControllerToClient, { type: 'engines' }>

/** The engines that the controller has told of, in order of arrival. */
export class Roster {
  #engines: readonly EngineInfo[] = []
  readonly #changes = new ReplaySubject<readonly EngineInfo[]>(1)
  #end: YardmasterError | undefined

  /** The engines now, then at every change. Completes when the client is closed. */
  readonly engines$: Observable<readonly EngineInfo[]> = this.#changes.asObservable()

  get size(): number {
    return this.#engines.length
  }

  /** There are engines, and all of them are in other processes. A page has no number that an engine could have. */
  get isApart(): boolean {
    const own = globalThis.process?.pid
    return this.#engines.length > 0 && this.#engines.every((engine) => engine.pid !== own)
  }

  get ids(): EngineId[] {
    return this.#engines.map((engine) => engine.id)
  }

  replace(engines: readonly EngineInfo[]): void {
    this.#engines = engines
    this.#changes.next(engines)
  }

  change({ joined, left }: EnginesMessage): void {
    const gone = new Set([...left.map(({ id }) => id), ...joined.map(({ id }) => id)])
    this.replace([...this.#engines.filter(({ id }) => !gone.has(id)), ...joined])
  }

  end(error: YardmasterError): void {
    this.#end = error
    this.#changes.complete()
  }

  /** Resolves with the ids as soon as `count` engines are there. Rejects with `TimeoutError` or why the client ended. */
  waitFor(count: number, timeoutMs: number | undefined, clock: Clock): Promise<EngineId[]> {
    return new Promise((resolve, reject) => {
      let cancel: (() => void) | undefined
      const finish = (settle: () => void): void => {
        cancel?.()
        // The subscription may still be under construction: its first value comes at once.
        queueMicrotask(() => subscription.unsubscribe())
        settle()
      }
      if (timeoutMs !== undefined) {
        cancel = clock.after(timeoutMs, () =>
          finish(() => reject(new TimeoutError(`${this.size} of ${count} engines were there after ${timeoutMs} ms`))),
        )
      }
      const subscription = this.engines$.subscribe({
        next: (engines) => {
          if (engines.length >= count) finish(() => resolve(this.ids))
        },
        complete: () => finish(() => reject(this.#end)),
      })
    })
  }
}
