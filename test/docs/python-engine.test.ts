/** An engine written from docs/PROTOCOL.md alone, in another language: what the page says is enough, and true. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Cluster, RemoteError, task } from 'yardmaster'
import { writeConnectionFile } from '../../cluster/connection-file.ts'

const folder = fileURLToPath(new URL('../../examples/python-engine', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

const python = <Fn extends (...args: never[]) => unknown>(module: string, name: string) =>
  task<Fn>(`python:${module}`, name)
const pair = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer
const sqrt = python<(x: number) => number>('math', 'sqrt')
const sleep = python<(seconds: number) => null>('time', 'sleep')
const copy = python<(value: unknown) => unknown>('copy', 'copy')
const isSame = python<(one: object, other: object) => boolean>('operator', 'is_')

function startEngine(cluster: Cluster): ChildProcess {
  const key = Buffer.from(cluster.key).toString('base64url')
  return startProgram(cluster.addresses[0] as string, { YARDMASTER_KEY: key })
}

function startProgram(place: string, env: Record<string, string> = {}): ChildProcess {
  return spawn('python3', ['engine.py', place], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

// Debian installs it with `apt-get install python3`, and the build does.
describe.skipIf(!hasPython)('a Python engine (needs python3)', () => {
  let cluster: Cluster
  let client: Client
  let engines: ChildProcess[]

  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 0, engineKind: 'process', transport: 'websocket', heartbeatMs: 2_000 })
    client = await Client.connect(cluster.addresses[0], { key: cluster.key })
    engines = [startEngine(cluster), startEngine(cluster)]
    await client.waitForEngines(2, 20_000)
  })
  afterAll(async () => {
    await client?.close()
    await cluster?.stop()
    for (const engine of engines ?? []) engine.kill('SIGKILL')
  })

  test('maps a function over items, in chunks', async () => {
    const numbers = Array.from({ length: 1_000 }, (_, i) => i)
    expect(await client.loadBalancedView().map(sqrt, numbers)).toEqual(numbers.map(Math.sqrt))
  })

  test.for<[string, unknown]>([
    ['null', null],
    ['booleans and numbers', [true, false, 0, -1, -32, -33, 127, 128, 65_536, -70_000, 2 ** 31, 2 ** 40, 1.5, 1e300]],
    ['text', ['', 'plain', 'ümläut 日本 🚂', 'x'.repeat(70_000)]],
    ['nested data', { a: [1, { b: [] }], c: {} }],
    ['a Map and a Set', [new Map<unknown, unknown>([[1, 'x']]), new Set([1, 2])]],
    ['a Date', new Date(1_700_000_000_123)],
    ['integers of 64 bits', 2n ** 62n],
    ['large integers', 2n ** 80n],
    ['negative large integers', -(2n ** 80n)],
    ['small bytes', new Uint8Array([1, 2, 3])],
    ['large bytes', new Uint8Array(100_000).fill(7)],
    ['typed arrays', [new Float64Array([1, 2.5]), new Int16Array([-1, 2])]],
    ['a large typed array', new Float64Array(10_000).fill(0.25)],
    ['an Error with its cause', new RangeError('too far', { cause: new Error('a step', { cause: 7 }) })],
    ['text that is not well-formed', 'half of \ud83d'],
    ['what views of one buffer hold', [new Uint8Array(pair, 0, 4), new Uint8Array(pair, 2, 6)]],
  ])('brings back %s', async ([, value]) => {
    expect(await client.loadBalancedView().apply(copy, value)).toEqual(value)
  })

  test('takes what it meets twice for one object, and writes it twice, as the page allows', async () => {
    const view = client.loadBalancedView()
    const shared = { x: 1 }
    expect(await view.apply(isSame, shared, shared)).toBe(true)
    expect(await view.apply(isSame, shared, { x: 1 })).toBe(false)
    expect(await view.apply(copy, [shared, shared])).toEqual([shared, shared])
  })

  test('tells what Python raised, where, and which items it concerns', async () => {
    const error = await client
      .loadBalancedView()
      .apply(sqrt, -1)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({ message: expect.stringContaining('math domain error') })
    expect((error as RemoteError).remoteStack).toMatch(/^Traceback/)
    const some = await client.loadBalancedView().with({ returnExceptions: true }).map(sqrt, [4, -1, 9])
    expect(some).toEqual([2, expect.any(RemoteError), 3])
  })

  test('leaves JavaScript to others', async () => {
    const refused = client.loadBalancedView().apply((x: number) => x, 1)
    await expect(refused).rejects.toMatchObject({ code: 'YM_UNMET_DEPENDENCY' })
  })

  test('gives back what has not begun, and ends what runs, when they are aborted', async () => {
    const results = Array.from({ length: 8 }, () => client.loadBalancedView().apply(sleep, 600))
    await expect.poll(() => results.filter((result) => result.status === 'running').length).toBe(2)
    for (const result of results) result.abort()
    const ends = await Promise.allSettled(results)
    expect(ends.every((end) => end.status === 'rejected' && end.reason.code === 'YM_ABORTED')).toBe(true)
    expect(await client.loadBalancedView().apply(sleep, 0)).toBe(null)
  })

  test('ends what runs longer than it may', async () => {
    const late = client.loadBalancedView().with({ runTimeout: 100 }).apply(sleep, 600)
    await expect(late).rejects.toMatchObject({ code: 'YM_RUN_TIMEOUT' })
  })

  test('answers while a task keeps it busy for longer than it may be silent', async () => {
    expect(await client.loadBalancedView().with({ retryOnEngineLoss: false }).apply(sleep, 3)).toBe(null)
  })

  test('loses no task when it is killed', async () => {
    const map = client.loadBalancedView().with({ chunk: 1 }).map(sleep, Array<number>(40).fill(0.05))
    await expect.poll(() => map.progress.done).toBeGreaterThan(2)
    engines[0]?.kill('SIGKILL')
    expect(await map).toHaveLength(40)
    expect(client.ids).toHaveLength(1)
  })
})

describe.skipIf(!hasPython)('a pool of Python and JavaScript engines (needs python3)', () => {
  const files = mkdtempSync(join(tmpdir(), 'python-engine-'))
  let cluster: Cluster
  let client: Client
  let engine: ChildProcess

  beforeAll(async () => {
    const transportOptions = { messageBytesMax: 300_000 }
    cluster = await Cluster.start({ engines: 1, engineKind: 'process', transport: 'websocket', transportOptions })
    client = await Client.connect(cluster.addresses[0], { key: cluster.key })
    engine = await joined(() => startEngine(cluster))
  })
  afterAll(async () => {
    await client?.close()
    await cluster?.stop()
    engine?.kill('SIGKILL')
    rmSync(files, { recursive: true })
  })

  async function joined(start: () => ChildProcess): Promise<ChildProcess> {
    const started = start()
    await client.waitForEngines(2, 20_000)
    return started
  }
  const exitOf = async (child: ChildProcess) => (await once(child, 'exit')) as [number | null, string | null]

  test('runs each task where its language is', async () => {
    const view = client.loadBalancedView().with({ chunk: 1 })
    const numbers = Array.from({ length: 40 }, (_, i) => i)
    const [roots, squares] = await Promise.all([view.map(sqrt, numbers), view.map((x: number) => x * x, numbers)])
    expect(roots).toEqual(numbers.map(Math.sqrt))
    expect(squares).toEqual(numbers.map((x) => x * x))
  })

  test('goes on after a result that the link cannot carry', async () => {
    const bytes = python<(length: number) => Uint8Array>('builtins', 'bytes')
    const large = client.loadBalancedView().apply(bytes, 400_000)
    await expect(large).rejects.toThrow(/400005 bytes/)
    expect(await client.loadBalancedView().apply(bytes, 100)).toEqual(new Uint8Array(100))
  })

  test('lets it go at a signal, with a goodbye, and what it held waits for the next', async () => {
    const view = client.loadBalancedView().with({ onUnmet: 'wait' })
    const naps = Array.from({ length: 4 }, () => view.apply(sleep, 0.2))
    await expect.poll(() => naps.some((nap) => nap.status === 'running')).toBe(true)
    const exit = exitOf(engine)
    engine.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    const file = join(files, 'default.json')
    const key = Buffer.from(cluster.key).toString('base64url')
    await writeConnectionFile(file, {
      version: 1,
      cluster: 'c',
      addresses: [...cluster.addresses],
      key,
      pid: process.pid,
    })
    engine = await joined(() => startProgram(file))
    expect(await Promise.all(naps)).toEqual([null, null, null, null])
  })

  test('lets it go when the controller says so', async () => {
    const [, number] = await client.waitForEngines(2, 20_000)
    const exit = exitOf(engine)
    await client.shutdown({ engines: [number as number] })
    expect(await exit).toEqual([0, null])
  })
})
