/** One entry of a store to be set, or removed where `value` is undefined. */
export interface StoreChange {
  /** At most 1,000 bytes of UTF-8. */
  readonly key: string
  readonly value: Uint8Array | undefined
}

/**
 * Where a controller keeps what a restart must not lose. It holds entries; what they mean is the controller's. One controller
 * uses it at a time. `yardmaster/testing` has the suite that every store must pass.
 */
export interface TaskStore {
  /** Every entry, in any order. Called once, before anything is written. */
  load(): Promise<Iterable<readonly [key: string, value: Uint8Array]>>
  /**
   * Makes all the changes or, where it rejects, none; those of a call are made after those of every call before it. Of two changes
   * of a key the later counts. Once it resolves they outlast the end of this process, however that comes about. Values are not kept by reference.
   */
  write(changes: readonly StoreChange[]): Promise<void>
  /** After what was written. Another controller may use the store then. */
  close(): Promise<void>
}
