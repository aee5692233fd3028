import type { Kept } from './events.ts'
import type { ClientAccount } from './quota.ts'

/**
 * What the bodies of several tasks have in common: a function. However many have it, it counts once among what is live, on the account of
 * the client whose task was the first, and once among what is retained.
 */
export class SharedPart {
  readonly part: Kept
  /** Live and retained records that have it. */
  live = 0
  kept = 0
  /** Whose account it is on while any is live. */
  payer: ClientAccount | undefined

  constructor(part: Kept) {
    this.part = part
  }

  get bytes(): number {
    return this.part.bytes
  }
}

/** Invariant: a part is here exactly while a record has it. */
export class SharedParts {
  private readonly parts = new Map<Kept, SharedPart>()
  /** That of the latest submission is often that of the next. */
  private last: SharedPart | undefined

  get size(): number {
    return this.parts.size
  }

  /** To be given to a record at once. */
  find(part: Kept): SharedPart {
    if (this.last?.part === part) return this.last
    const known = this.parts.get(part)
    this.last = known ?? new SharedPart(part)
    if (known === undefined) this.parts.set(part, this.last)
    return this.last
  }

  /** Answers whether it is the first of these. */
  add(shared: SharedPart, as: 'live' | 'kept'): boolean {
    shared[as] += 1
    return shared[as] === 1
  }

  /** Answers whether it was the last of these. */
  remove(shared: SharedPart, as: 'live' | 'kept'): boolean {
    shared[as] -= 1
    if (shared.live + shared.kept === 0) {
      this.parts.delete(shared.part)
      if (this.last === shared) this.last = undefined
    }
    return shared[as] === 0
  }
}
