/** An engine written from docs/PROTOCOL.md alone, in another language: what the page says is enough, and true. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Cluster, RemoteError, task } from 'yardmaster'

const folder = fileURLToPath(new URL('../../examples/python-engine', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

// Debian installs it with `apt-get install python3`, and the build does.
describe.skipIf(!hasPython)('a Python engine (needs python3)', () => {
  let cluster: Cluster
  let client: Client
  let engines: ChildProcess[]

  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 0, engineKind: 'process', transport: 'websocket' })
    client = await Client.connect(cluster.addresses[0], { key: cluster.key })
    engines = [startEngine(), startEngine()]
    await client.waitForEngines(2, 20_000)
  })
  afterAll(async () => {
    await client?.close()
    await cluster?.stop()
    for (const engine of engines ?? []) engine.kill('SIGKILL')
  })

  function startEngine(): ChildProcess {
    return spawn('python3', ['engine.py', cluster.addresses[0] as string], {
      cwd: folder,
      env: { ...process.env, YARDMASTER_KEY: Buffer.from(cluster.key).toString('base64url') },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  const python = <Fn extends (...args: never[]) => unknown>(module: string, name: string) =>
    task<Fn>(`python:${module}`, name)

  test('maps a function over items, in chunks', async () => {
    const sqrt = python<(x: number) => number>('math', 'sqrt')
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
    ['large integers', 2n ** 80n],
    ['negative large integers', -(2n ** 80n)],
    ['small bytes', new Uint8Array([1, 2, 3])],
    ['large bytes', new Uint8Array(100_000).fill(7)],
    ['typed arrays', [new Float64Array([1, 2.5]), new Int16Array([-1, 2])]],
    ['a large typed array', new Float64Array(10_000).fill(0.25)],
  ])('brings back %s', async ([, value]) => {
    const copy = python<(value: unknown) => unknown>('copy', 'copy')
    expect(await client.loadBalancedView().apply(copy, value)).toEqual(value)
  })

  test('refers to what it met twice', async () => {
    const shared = { x: 1 }
    const copy = python<(value: unknown) => unknown>('copy', 'copy')
    expect(await client.loadBalancedView().apply(copy, [shared, shared])).toEqual([shared, shared])
  })

  test('tells what Python raised, where, and which items it concerns', async () => {
    const sqrt = python<(x: number) => number>('math', 'sqrt')
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
    const sleep = python<(seconds: number) => null>('time', 'sleep')
    const results = Array.from({ length: 8 }, () => client.loadBalancedView().apply(sleep, 600))
    await expect.poll(() => results.filter((result) => result.status === 'running').length).toBe(2)
    for (const result of results) result.abort()
    const ends = await Promise.allSettled(results)
    expect(ends.every((end) => end.status === 'rejected' && end.reason.code === 'YM_ABORTED')).toBe(true)
    expect(await client.loadBalancedView().apply(sleep, 0)).toBe(null)
  })

  test('ends what runs longer than it may', async () => {
    const sleep = python<(seconds: number) => null>('time', 'sleep')
    const late = client.loadBalancedView().with({ runTimeout: 100 }).apply(sleep, 600)
    await expect(late).rejects.toMatchObject({ code: 'YM_RUN_TIMEOUT' })
  })

  test('loses no task when it is killed', async () => {
    const sleep = python<(seconds: number) => null>('time', 'sleep')
    const map = client.loadBalancedView().with({ chunk: 1 }).map(sleep, Array<number>(40).fill(0.05))
    await expect.poll(() => map.progress.done).toBeGreaterThan(2)
    engines[0]?.kill('SIGKILL')
    expect(await map).toHaveLength(40)
    expect(client.ids).toHaveLength(1)
  })
})
