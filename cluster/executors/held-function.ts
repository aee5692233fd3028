import type { Clock } from '../../core/clock.ts'
import { faultFrom, ModuleError } from '../../core/errors.ts'
import type { FunctionMessage } from '../../core/messages.ts'
import { reviveFunction } from './revive.ts'

type Callable = (...args: unknown[]) => unknown

/** An `await` at the top of a module may never end; an executor that waited for it would be lost to everybody. */
const loadMsMax = 60_000

/** A shipped function in an executor. Reviving may load modules, so it takes time once; afterwards `callable` stands. */
export class HeldFunction {
  callable: Callable | undefined
  /** Why it could not be revived: every task that names it fails with this. */
  failure: { readonly error: unknown } | undefined
  /** Its last call took no time to speak of. */
  wasQuick = false
  /** Resolves when one of the two is set; never rejects. */
  readonly settled: Promise<void>

  constructor(message: FunctionMessage, clock: Clock) {
    this.settled = new Promise((resolve) => {
      const cancel = clock.after(loadMsMax, () => {
        const error = new ModuleError(`The modules of the function did not load within ${loadMsMax} ms.`)
        this.failure = { error }
        resolve()
      })
      void this.#revive(message).then(cancel).then(resolve)
    })
  }

  get ready(): boolean {
    return this.callable !== undefined || this.failure !== undefined
  }

  async #revive({ payload }: FunctionMessage): Promise<void> {
    try {
      this.callable = await reviveFunction(payload)
    } catch (error) {
      this.failure = { error: error instanceof Error ? error : faultFrom(error) }
    }
  }
}
