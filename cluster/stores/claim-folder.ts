import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../core/errors.ts'
import { isAlive } from '../process-alive.ts'

const claimed = new Set<string>()

/**
 * Makes this process the one that uses the folder; answers what gives it up. A claim whose process has ended counts for nothing.
 * @throws StoreError where another process, or another part of this one, uses it
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'owner')
  if (claimed.has(file)) throw inUse(folder, process.pid)
  claimed.add(file)
  try {
    await claim(folder, file)
  } catch (error) {
    claimed.delete(file)
    throw error
  }
  return async () => {
    claimed.delete(file)
    await rm(file, { force: true })
  }
}

async function claim(folder: string, file: string): Promise<void> {
  const owner = Number(await readFile(file, 'utf8').catch(() => ''))
  if (owner > 0 && owner !== process.pid && isAlive(owner)) throw inUse(folder, owner)
  await rm(file, { force: true })
  // Another process may be doing the same.
  const claim = await open(file, 'wx', 0o600).catch(() => {
    throw inUse(folder, owner)
  })
  await claim.writeFile(String(process.pid))
  await claim.close()
}

function inUse(folder: string, owner: number): StoreError {
  const message = `the store in ${folder} is in use by process ${owner}: stop that controller, or give this one a folder of its own`
  return new StoreError(message, { details: { folder, owner } })
}
