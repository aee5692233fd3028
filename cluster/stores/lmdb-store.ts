import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { StoreError } from '../../core/errors.ts'
import type { StoreChange, TaskStore } from '../../core/task-store.ts'
import { ensurePrivateFolder } from '../private-folder.ts'
import { claimFolder } from './claim-folder.ts'

/** How sure a store is. */
export interface LmdbStoreOptions {
  /**
   * What a write that has resolved outlasts. `process` (default): the end of the controller, by `kill -9` too. `disk`: the end of the
   * machine as well, for a flush to disk with each write.
   */
  readonly durability?: 'process' | 'disk'
}

/**
 * Opens a store in a folder of its own, which is created, for this user alone, where it is missing. The package `lmdb` must be installed.
 * @throws StoreError where it is in use, cannot be opened, or `lmdb` is missing
 */
export async function openLmdbStore(
  folder: string,
  { durability = 'process' }: LmdbStoreOptions = {},
): Promise<TaskStore> {
  const { open } = await import('lmdb').catch((cause: unknown) => {
    throw new StoreError('a store needs the package lmdb, which is not installed here: npm install lmdb', { cause })
  })
  let release: (() => Promise<void>) | undefined
  try {
    await ensurePrivateFolder(folder)
    release = await claimFolder(folder)
    const path = join(folder, 'tasks.mdb')
    for (const file of [path, `${path}-lock`]) await makePrivate(file)
    const database = open<Buffer, string>({ path, encoding: 'binary', noSubdir: true })
    return new LmdbStore(database, durability, release)
  } catch (error) {
    await release?.()
    if (error instanceof StoreError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new StoreError(`the store in ${folder} cannot be opened: ${why}`, { cause: error, details: { folder } })
  }
}

/** LMDB would let others read what tasks are called with, as far as the user's mask does. */
async function makePrivate(path: string): Promise<void> {
  const file = await openFile(path, 'a', 0o600)
  await file.chmod(0o600).finally(() => file.close())
}

class LmdbStore implements TaskStore {
  readonly #database: RootDatabase<Buffer, string>
  readonly #durability: 'process' | 'disk'
  readonly #release: () => Promise<void>

  constructor(database: RootDatabase<Buffer, string>, durability: 'process' | 'disk', release: () => Promise<void>) {
    this.#database = database
    this.#durability = durability
    this.#release = release
  }

  async load(): Promise<[string, Uint8Array][]> {
    const entries: [string, Uint8Array][] = []
    for (const { key, value } of this.#database.getRange({ snapshot: false })) {
      entries.push([key, new Uint8Array(value)])
    }
    return entries
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    const database = this.#database
    await database.transaction(() => {
      for (const { key, value } of changes) {
        if (value === undefined) database.removeSync(key)
        else database.putSync(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength))
      }
    })
    if (this.#durability === 'disk') await database.flushed
  }

  async close(): Promise<void> {
    await this.#database.flushed
    await this.#database.close()
    await this.#release()
  }
}
