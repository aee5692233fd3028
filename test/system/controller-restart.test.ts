/** Real processes: the controller is killed with kill -9 and started with its store again. Engines and clients stay. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Client } from 'yardmaster'
import { scaled } from '../scale.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let folder: string
let environment: NodeJS.ProcessEnv
const processes = new Set<ChildProcess>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-restart-'))
  environment = { ...process.env, YARDMASTER_DIR: join(folder, 'run') }
  process.env.YARDMASTER_DIR = join(folder, 'run')
})
afterEach(async () => {
  for (const child of processes) if (child.exitCode === null && child.signalCode === null) await kill(child)
  processes.clear()
  await rm(folder, { recursive: true, force: true })
})

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Resolves when it has said so. */
async function run(says: RegExp, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  processes.add(child)
  let told = ''
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      told += chunk
      if (says.test(told)) resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${told}`)))
  })
  return child
}

/** The chaos test goes further. */
const { count, controllerKills } = scaled({ count: 800, controllerKills: 3 }, { count: 400, controllerKills: 2 })

const address = { websocket: 'ws://127.0.0.1:0', zeromq: 'tcp://127.0.0.1:0' }

describe.each(scaled(['websocket', 'zeromq'] as const, ['zeromq'] as const))('over %s', (transport) => {
  const startController = () =>
    run(/connection file/, 'controller', '--store', join(folder, 'store'), '--listen', address[transport])
  const restartController = () => run(/connection file/, 'controller', '--store', join(folder, 'store'))
  const startEngines = (count: number) => run(/engine/, 'engine', '-n', String(count))

  it('tasks that ran go on where they are, those that waited follow, and each ran once', async () => {
    const controller = await startController()
    await startEngines(2)
    const client = await Client.connect()
    await client.waitForEngines(2)
    const log = join(folder, 'log')
    const note = async (file: string, item: number, ms: number) => {
      const { appendFile } = await import('node:fs/promises')
      await appendFile(file, `${item}\n`)
      await new Promise((resolve) => setTimeout(resolve, ms))
      return item * item
    }
    const view = client.loadBalancedView()
    const results = Array.from({ length: 40 }, (_, item) => view.apply(note, log, item, 200))
    await client.flush()
    await results[0]
    await kill(controller)
    // Meanwhile engines go on.
    await new Promise((resolve) => setTimeout(resolve, 500))
    await restartController()
    expect(await Promise.all(results)).toEqual(results.map((_, item) => item * item))
    const ran = (await readFile(log, 'utf8')).trim().split('\n').map(Number)
    expect(ran.sort((a, b) => a - b)).toEqual([...Array(40).keys()])
    await client.close()
  })

  it('what has ended, what waits for it, and what no client awaits any more is there afterwards', async () => {
    const controller = await startController()
    const engines = await startEngines(1)
    const client = await Client.connect()
    await client.waitForEngines(1)
    const view = client.loadBalancedView()
    const done = view.apply(() => new Float64Array(10_000).fill(3))
    const failed = view.apply(() => {
      console.log('before')
      throw new RangeError('no')
    })
    await done
    await expect(failed.get()).rejects.toThrow('no')
    await kill(engines)
    const waits = view.apply((x: number) => x + 1, 41)
    const after = view.with({ after: [done, waits] }).apply(() => 'after')
    const never = view.with({ after: failed }).apply(() => 'never')
    await expect(never.get()).rejects.toMatchObject({ code: 'YM_IMPOSSIBLE_DEPENDENCY' })
    await client.flush()
    const ids = [done, failed, waits, after].map((result) => result.ids[0] as string)
    await kill(controller)
    await client.close()
    await restartController()
    await startEngines(1)
    const other = await Client.connect()
    const [again, wrong, fresh, last] = ids.map((id) => other.getResult(id))
    expect(await again).toEqual(new Float64Array(10_000).fill(3))
    await expect(wrong?.get()).rejects.toThrow('no')
    expect(wrong?.stdout).toBe('before\n')
    expect(await fresh).toBe(42)
    expect(await last).toBe('after')
    await other.close()
  })

  it('a task that must not run twice goes on where its engine lives, and fails where that was lost too', async () => {
    const controller = await startController()
    const engines = [await startEngines(1), await startEngines(1)]
    const client = await Client.connect()
    await client.waitForEngines(2)
    const log = join(folder, 'log')
    const note = async (file: string, item: number) => {
      const { appendFile } = await import('node:fs/promises')
      await appendFile(file, `${item}\n`)
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      return item
    }
    const view = client.loadBalancedView().with({ retryOnEngineLoss: false })
    const results = [0, 1, 2, 3].map((item) => view.apply(note, log, item))
    await client.flush()
    await expect.poll(async () => (await readFile(log, 'utf8').catch(() => '')).length).toBe(4)
    await Promise.all([kill(controller), kill(engines[1] as ChildProcess)])
    await restartController()
    const ends = await Promise.all(results.map((result) => result.get().catch(({ code }: { code: string }) => code)))
    const ran = (await readFile(log, 'utf8')).trim().split('\n')
    expect(new Set(ran).size).toBe(ran.length)
    // What had begun at the lost engine is lost; what lay there unbegun may have been, for all that is known.
    expect(ends.filter((end) => end === 'YM_ENGINE_LOST').length).toBeGreaterThan(0)
    for (const [item, end] of ends.entries()) expect([item, 'YM_ENGINE_LOST']).toContain(end)
    expect(ends.filter((end) => typeof end === 'number').length).toBeGreaterThan(0)
    await client.close()
  })

  it('a generator goes on, and every part arrives once, in order', async () => {
    const controller = await startController()
    await startEngines(1)
    const client = await Client.connect()
    await client.waitForEngines(1)
    const parts = client.loadBalancedView().apply(async function* () {
      for (let i = 0; i < 400; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        yield i
      }
    })
    const heard: number[] = []
    for await (const part of parts) {
      heard.push(part)
      if (part === 50) {
        await kill(controller)
        await restartController()
      }
    }
    expect(heard).toEqual([...Array(400).keys()])
    expect(parts.metadata[0]?.attempts).toBe(1)
    await client.close()
  })

  it(`${count} tasks, while the controller is killed ${controllerKills} times and an engine once, all end with the right result`, async () => {
    let controller = await startController()
    const engines = [await startEngines(2), await startEngines(1)]
    const client = await Client.connect()
    await client.waitForEngines(3)
    const view = client.loadBalancedView().with({ chunk: 1 })
    const work = (x: number) => new Promise<number>((resolve) => setTimeout(resolve, x % 11, 3 * x))
    const result = view.map(work, Array(count).keys())
    for (let kills = 0; kills < controllerKills; kills += 1) {
      const from = result.progress.done
      await expect.poll(() => result.progress.done).toBeGreaterThan(from + 60)
      await kill(controller)
      if (kills === 1) await kill(engines[1] as ChildProcess)
      controller = await restartController()
    }
    expect(await result).toEqual(Array.from({ length: count }, (_, x) => 3 * x))
    expect(await client.queueStatus()).toMatchObject({ waiting: 0, ready: 0, assigned: 0, running: 0 })
    await client.close()
  })
})
