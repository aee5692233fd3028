import { faultFrom } from '../../core/errors.ts'
import type { FunctionMessage } from '../../core/messages.ts'
import { reviveFunction } from './revive.ts'

type Callable = (...args: unknown[]) => unknown

/** A shipped function in an executor. Reviving may load modules, so it takes time once; afterwards `callable` stands. */
export class HeldFunction {
  callable: Callable | undefined
  /** Why it could not be revived: every task that names it fails with this. */
  failure: { readonly error: unknown } | undefined
  /** Resolves when one of the two is set; never rejects. */
  readonly settled: Promise<void>

  constructor(message: FunctionMessage) {
    this.settled = reviveFunction(message.payload).then(
      (callable) => {
        this.callable = callable
      },
      (error: unknown) => {
        this.failure = { error: error instanceof Error ? error : faultFrom(error) }
      },
    )
  }

  get ready(): boolean {
    return this.callable !== undefined || this.failure !== undefined
  }
}
