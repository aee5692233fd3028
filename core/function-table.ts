/**
 * Which functions a peer holds. Sender and receiver of a link each keep one table and apply the same rule to the same
 * ordered tasks, so they agree without a word: a task whose function is not in the table brings it, in the message's
 * `functions`, in order of first use; using a function makes it the newest; beyond `functionsMax`, or `functionBytesMax`
 * of their payloads together, the oldest go, but never the newest.
 */
import { ProtocolError } from './errors.ts'
import type { FunctionHash } from './ids.ts'
import type { Payload } from './payload.ts'

/** Functions kept for each link. */
const functionsMax = 1_024
/** What they take together. */
const functionBytesMax = 64 * 2 ** 20

interface Held<Value> {
  readonly value: Value
  readonly bytes: number
}

export class FunctionTable<Value> {
  /** From the least to the most recently used. */
  readonly #held = new Map<FunctionHash, Held<Value>>()
  #bytes = 0
  #newest: FunctionHash | undefined

  get size(): number {
    return this.#held.size
  }

  has(hash: FunctionHash): boolean {
    return this.#held.has(hash)
  }

  /** The function under this name, now the newest; undefined where it must be brought. */
  use(hash: FunctionHash): Value | undefined {
    const held = this.#held.get(hash)
    if (held === undefined || hash === this.#newest) return held?.value
    this.#held.delete(hash)
    this.#held.set(hash, held)
    this.#newest = hash
    return held.value
  }

  /** `bytes`: what its payload takes. */
  add(hash: FunctionHash, value: Value, bytes: number): void {
    this.#held.set(hash, { value, bytes })
    this.#newest = hash
    this.#bytes += bytes
    for (const [oldest, held] of this.#held) {
      if (oldest === hash || (this.#held.size <= functionsMax && this.#bytes <= functionBytesMax)) return
      this.#held.delete(oldest)
      this.#bytes -= held.bytes
    }
  }

  /** After the link ended: the peer starts with nothing. */
  clear(): void {
    this.#held.clear()
    this.#bytes = 0
    this.#newest = undefined
  }
}

interface Named {
  readonly hash: FunctionHash
  readonly payload: Payload
}

/** The receiver's half: the function of each task in turn, taken from `brought` where the table lacks it. */
export function takeFunctions<Brought extends Named, Value>(
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
    table.add(task.function, value, arrived.payload.byteLength)
    return value
  })
}

/** The sender's half: which of these functions the peer lacks, in order of first use. */
export function bringFunctions<Sent extends Named>(table: FunctionTable<true>, functions: Iterable<Sent>): Sent[] {
  const brought: Sent[] = []
  for (const sent of functions) {
    if (table.use(sent.hash)) continue
    table.add(sent.hash, true, sent.payload.byteLength)
    brought.push(sent)
  }
  return brought
}
