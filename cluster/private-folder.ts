import { mkdir, stat } from 'node:fs/promises'
import { ConfigurationError } from '../core/errors.ts'

/**
 * Makes a folder, with those above it, for this user alone, where it is missing.
 * @throws ConfigurationError where others could put their own into one that is there
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await checkPrivateFolder(folder)
}

/** @throws ConfigurationError where others could put their own into it */
export async function checkPrivateFolder(folder: string): Promise<void> {
  const { mode } = await stat(folder)
  if (process.platform === 'win32' || (mode & 0o022) === 0) return
  const octal = (mode & 0o777).toString(8)
  throw new ConfigurationError(
    `others can write to ${folder} (mode ${octal}), and so could put a key or tasks of their own there: chmod 700 ${folder}`,
    { details: { folder } },
  )
}
