import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { openLmdbStore } from '../../../cluster/stores/lmdb-store.ts'
import { MemoryStore } from '../../../cluster/stores/memory-store.ts'
import { taskStoreSuite } from '../../../testing/task-store-suite.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yardmaster-store-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

let folders = 0
function freshFolder(): string {
  folders += 1
  return join(scratch, String(folders))
}

taskStoreSuite({
  name: 'memory',
  runner: { describe, test },
  setup: () => {
    const { entries } = new MemoryStore()
    return { open: async () => new MemoryStore(entries) }
  },
})

for (const durability of ['process', 'disk'] as const) {
  taskStoreSuite({
    name: `lmdb, durability '${durability}'`,
    runner: { describe, test },
    setup: () => {
      const folder = freshFolder()
      return { open: () => openLmdbStore(folder, { durability }) }
    },
  })
}

describe('a store in a folder', () => {
  const modesIn = async (folder: string) => {
    const modes: Record<string, string> = {}
    for (const name of ['.', ...(await readdir(folder))]) {
      modes[name] = ((await stat(join(folder, name))).mode & 0o777).toString(8)
    }
    return modes
  }

  it('is for its owner alone, whatever the mask of the process', async () => {
    const folder = freshFolder()
    const mask = process.umask(0)
    onTestFinished(() => void process.umask(mask))
    const store = await openLmdbStore(folder)
    await store.write([{ key: 'a', value: Uint8Array.of(1) }])
    expect(await modesIn(folder)).toEqual({ '.': '700', owner: '600', 'tasks.mdb': '600', 'tasks.mdb-lock': '600' })
    await store.close()
    expect(await readdir(folder)).not.toContain('owner')
  })

  it('keeps its files from others in a folder that they may look into, also files that they could read', async () => {
    const folder = freshFolder()
    await mkdir(folder)
    await chmod(folder, 0o755)
    await (await openLmdbStore(folder)).close()
    await chmod(join(folder, 'tasks.mdb'), 0o644)
    const store = await openLmdbStore(folder)
    expect(await modesIn(folder)).toEqual({ '.': '755', owner: '600', 'tasks.mdb': '600', 'tasks.mdb-lock': '600' })
    await store.close()
  })

  it.each([0o770, 0o707])('is refused in a folder of mode %o: others could put tasks of theirs there', async (mode) => {
    const folder = freshFolder()
    await mkdir(folder)
    await chmod(folder, mode)
    const message = expect.stringMatching(/cannot be opened: others can write to .*chmod 700/)
    await expect(openLmdbStore(folder)).rejects.toMatchObject({ code: 'YM_STORE', message })
  })

  it('is used by one controller at a time, in this process and in others', async () => {
    const folder = freshFolder()
    const store = await openLmdbStore(folder)
    await expect(openLmdbStore(folder)).rejects.toMatchObject({
      code: 'YM_STORE',
      message: expect.stringMatching(/in use by process/),
    })
    const other = startWriter(folder)
    expect(await once(other, 'message')).toEqual([expect.stringMatching(/in use by process/), undefined])
    await store.close()
    await (await openLmdbStore(folder)).close()
  })

  it('says why it cannot be opened', async () => {
    await expect(openLmdbStore(fileURLToPath(import.meta.url))).rejects.toMatchObject({
      code: 'YM_STORE',
      message: expect.stringMatching(/stores\.test\.ts cannot be opened/),
    })
  })

  it('has every write that was said to be done before kill -9, and of each write all or nothing', async () => {
    for (let round = 0; round < 4; round += 1) {
      const folder = freshFolder()
      const writer = startWriter(folder)
      let done = -1
      const enough = new Promise<void>((resolve) => {
        writer.on('message', (message) => {
          done = message as number
          if (done >= 40 + round * 37) resolve()
        })
      })
      await enough
      writer.kill('SIGKILL')
      await once(writer, 'exit')
      const store = await openLmdbStore(folder)
      const content = new Map(await store.load())
      await store.close()
      const rounds = new Set([...content.keys()].map((key) => Number(key.split('.')[0])))
      expect(rounds.size).toBeGreaterThan(done)
      expect(content.size).toBe(rounds.size * 10)
      expect([...rounds].sort((a, b) => a - b)).toEqual(Array.from({ length: rounds.size }, (_, i) => i))
    }
  })
})

function startWriter(folder: string): ChildProcess {
  const script = fileURLToPath(new URL('./writer.ts', import.meta.url))
  return fork(script, [folder], { execArgv: ['--import', 'tsx'] })
}
