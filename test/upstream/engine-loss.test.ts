/** What others lose, repeat or wait for when an engine dies or hangs, each by its name, through the public interface. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Cluster, type YardmasterError } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'

const codeOf = (result: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(result).then(
    () => 'no error',
    (error: YardmasterError) => error.code,
  )
const sleep = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms))

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

describe.for(['websocket', 'zeromq'] as const)('on process engines over %s', (transport) => {
  const start = (options = {}) =>
    Cluster.start({ engines: 2, engineKind: 'process', transport, restartsMax: 0, ...options })

  test('the death of an engine: noticed at once, its tasks move on by themselves, and no retry is used', async () => {
    await using cluster = await start({ heartbeatMs: 60_000 })
    const client = await cluster.connect()
    const map = client.loadBalancedView().with({ chunk: 1 }).map(sleep, Array<number>(40).fill(20))
    await expect.poll(() => map.progress.done).toBeGreaterThan(2)
    process.kill(cluster.engines[0]?.pid as number, 'SIGKILL')
    expect(await map).toHaveLength(40)
    expect(client.ids).toEqual([1])
  })

  test('follow, and targets, on an engine that was lost: both terminate', async () => {
    await using cluster = await start()
    const client = await cluster.connect()
    const lview = client.loadBalancedView()
    const ran = lview.with({ targets: 0 }).apply(() => 1)
    await ran
    const waiting = lview.with({ targets: 0, after: lview.with({ targets: 1 }).apply(sleep, 1_000) }).apply(() => 2)
    const following = lview.with({ follow: ran, after: lview.with({ targets: 1 }).apply(sleep, 1_000) }).apply(() => 3)
    process.kill(cluster.engines[0]?.pid as number, 'SIGKILL')
    expect(await codeOf(waiting)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(following)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(lview.with({ follow: ran }).apply(() => 4))).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(lview.with({ targets: 0 }).apply(() => 5))).toBe('YM_IMPOSSIBLE_DEPENDENCY')
  })

  test('a late reply of an engine that was given up changes nothing', async () => {
    await using cluster = await start({ heartbeatMs: 1_000 })
    const client = await cluster.connect()
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'go')
    const moved = client.loadBalancedView().apply(async (go: string) => {
      const { attempt } = currentTask()
      if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 3_000))
      else while (!(await exists(go))) await new Promise((resolve) => setTimeout(resolve, 10))
      return attempt
    }, path)
    await expect.poll(() => moved.status).toBe('running')
    const [task] = await client.query({ ids: moved.ids })
    const hung = cluster.engines.find(({ id }) => id === task?.engineId)
    process.kill(hung?.pid as number, 'SIGSTOP')
    await expect.poll(() => client.ids).not.toContain(hung?.id)
    process.kill(hung?.pid as number, 'SIGCONT')
    // It comes back as another engine.
    await expect.poll(() => client.ids.length).toBe(2)
    await writeFile(path, '')
    expect(await moved).toBeGreaterThan(1)
    expect(await client.queueStatus()).toMatchObject({ assigned: 0, running: 0, ended: 1 })
  })

  test('a task that kills its engines is stopped, and everything else finishes', async () => {
    await using cluster = await start({ engines: 4, hwm: 1 })
    const client = await cluster.connect()
    const lview = client.loadBalancedView()
    const poison = lview.apply(() => process.kill(process.pid, 'SIGKILL'))
    const others = lview.with({ chunk: 1 }).map(sleep, Array<number>(20).fill(10))
    expect(await codeOf(poison)).toBe('YM_ENGINE_LOST')
    expect(await others).toHaveLength(20)
    expect(client.ids).toHaveLength(1)
  })
})
