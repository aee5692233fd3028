/**
 * Which functions a peer holds. Sender and receiver of a link each keep one table and apply the same rule to the same
 * ordered tasks, so they agree without a word: a task whose function is not in the table brings it, in the message's
 * `functions`, in order of first use; using a function makes it the newest; beyond `functionsMax` the oldest goes.
 */
import { ProtocolError } from './errors.ts'
import type { FunctionHash } from './ids.ts'

/** Functions kept for each link. */
const functionsMax = 1_024

export class FunctionTable<Value> {
  /** From the least to the most recently used. */
  readonly #values = new Map<FunctionHash, Value>()
  #newest: FunctionHash | undefined

  get size(): number {
    return this.#values.size
  }

  has(hash: FunctionHash): boolean {
    return this.#values.has(hash)
  }

  /** The function under this name, now the newest; undefined where it must be brought. */
  use(hash: FunctionHash): Value | undefined {
    const value = this.#values.get(hash)
    if (value === undefined || hash === this.#newest) return value
    this.#values.delete(hash)
    this.#values.set(hash, value)
    this.#newest = hash
    return value
  }

  add(hash: FunctionHash, value: Value): void {
    this.#values.set(hash, value)
    this.#newest = hash
    if (this.#values.size <= functionsMax) return
    const [oldest] = this.#values.keys()
    if (oldest !== undefined) this.#values.delete(oldest)
  }

  /** After the link ended: the peer starts with nothing. */
  clear(): void {
    this.#values.clear()
    this.#newest = undefined
  }
}

/** The receiver's half: the function of each task in turn, taken from `brought` where the table lacks it. */
export function takeFunctions<Brought extends { readonly hash: FunctionHash }, Value>(
  table: FunctionTable<Value>,
  tasks: readonly { readonly function: FunctionHash }[],
  brought: readonly Brought[],
  make: (brought: Brought) => Value,
): Value[] {
  let next = 0
  return tasks.map((task) => {
    const held = table.use(task.function)
    if (held !== undefined) return held
    const arrived = brought[next]
    if (arrived?.hash !== task.function)
      throw new ProtocolError(`a task names function ${task.function}, which was not sent`)
    next += 1
    const value = make(arrived)
    table.add(task.function, value)
    return value
  })
}

/** The sender's half: which of these functions the peer lacks, in order of first use. */
export function bringFunctions<Held extends { readonly hash: FunctionHash }>(
  table: FunctionTable<true>,
  functions: Iterable<Held>,
): Held[] {
  const brought: Held[] = []
  for (const held of functions) {
    if (table.use(held.hash)) continue
    table.add(held.hash, true)
    brought.push(held)
  }
  return brought
}
