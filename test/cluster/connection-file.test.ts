/** Who can read, or could have written, a connection file. */
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ConnectionFile,
  connectionFilePath,
  readConnectionFile,
  readNamedConnectionFile,
  writeConnectionFile,
} from '../../cluster/connection-file.ts'

const key = Buffer.alloc(32, 7).toString('base64url')
const content: ConnectionFile = { version: 1, cluster: 'default', addresses: ['ws://127.0.0.1:1'], key, pid: 1 }
let folder: string
let path: string

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'yardmaster-connection-')), 'clusters')
  vi.stubEnv('YARDMASTER_DIR', folder)
  path = connectionFilePath()
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
const refusal = (says: RegExp) => ({ code: 'YM_CONFIGURATION', message: expect.stringMatching(says) })

describe('a connection file', () => {
  it('is for its owner alone, and so is its folder, whatever the mask of the process', async () => {
    const mask = process.umask(0)
    try {
      await writeConnectionFile(path, content)
    } finally {
      process.umask(mask)
    }
    expect([await modeOf(folder), await modeOf(path)]).toEqual(['700', '600'])
    expect(await readNamedConnectionFile()).toEqual(content)
    expect(await readConnectionFile(path)).toEqual(content)
  })

  it('is written over what an earlier process of the same number left half done, and never through a link', async () => {
    await mkdir(folder, { mode: 0o700 })
    const elsewhere = join(folder, '..', 'elsewhere')
    await writeFile(elsewhere, 'mine')
    await symlink(elsewhere, `${path}.${process.pid}.partial`)
    await writeConnectionFile(path, content)
    expect(await readFile(elsewhere, 'utf8')).toBe('mine')
    expect(await readNamedConnectionFile()).toEqual(content)
  })

  it.each([0o640, 0o604, 0o620, 0o666, 0o660])(
    'is refused with mode %o, by name, by path and behind a link',
    async (mode) => {
      await writeConnectionFile(path, content)
      await chmod(path, mode)
      const link = join(folder, 'link.json')
      await symlink(path, link)
      const says = new RegExp(`can be read by others \\(mode ${mode.toString(8)}\\)`)
      await expect(readNamedConnectionFile()).rejects.toMatchObject(refusal(says))
      await expect(readConnectionFile(path)).rejects.toMatchObject(refusal(says))
      await expect(readConnectionFile(link)).rejects.toMatchObject(refusal(says))
      await chmod(path, 0o600)
      expect(await readConnectionFile(link)).toEqual(content)
    },
  )

  it.each([0o770, 0o707, 0o777, 0o730])('is neither written nor found in a folder of mode %o', async (mode) => {
    await writeConnectionFile(path, content)
    await chmod(folder, mode)
    const says = new RegExp(`others can write to .*clusters \\(mode ${mode.toString(8)}\\).*chmod 700`)
    await expect(readNamedConnectionFile()).rejects.toMatchObject(refusal(says))
    await expect(writeConnectionFile(path, content)).rejects.toMatchObject(refusal(says))
    // Its user says which file it is.
    expect(await readConnectionFile(path)).toEqual(content)
    await chmod(folder, 0o755)
    expect(await readNamedConnectionFile()).toEqual(content)
  })

  // Only root can give a file away, or could read it then.
  it.skipIf(process.getuid?.() !== 0)('is not found by name where another user could have put it there', async () => {
    await writeConnectionFile(path, content)
    await chown(path, 12_345, 12_345)
    await expect(readNamedConnectionFile()).rejects.toMatchObject(refusal(/belongs to another user \(12345\)/))
    expect(await readConnectionFile(path)).toEqual(content)
  })

  it.each(['{"key": "', '[]', JSON.stringify({ ...content, version: 2 }), JSON.stringify({ ...content, pid: 'x' })])(
    'that is none (%s) is refused without a word of what is in it',
    async (text) => {
      await mkdir(folder, { mode: 0o700 })
      await writeFile(path, `${text}${key}`, { mode: 0o600 })
      const error = await readNamedConnectionFile().catch((error: unknown) => error)
      expect(error).toMatchObject(refusal(/is not a connection file of this version/))
      expect(JSON.stringify([error, String(error)])).not.toContain(key)
    },
  )
})
