import type { StoreChange, TaskStore } from '../../core/task-store.ts'

/**
 * Outlasts a controller, but not its process: for tests and simulations. `entries` may be given to the next one.
 */
export class MemoryStore implements TaskStore {
  readonly entries: Map<string, Uint8Array>

  constructor(entries = new Map<string, Uint8Array>()) {
    this.entries = entries
  }

  async load(): Promise<[string, Uint8Array][]> {
    return [...this.entries]
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    for (const { key, value } of changes) {
      if (value === undefined) this.entries.delete(key)
      else this.entries.set(key, value.slice())
    }
  }

  async close(): Promise<void> {}
}
