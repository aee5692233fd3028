import { runInThisContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client, Cluster, type LocalClusterOptions, transfer } from 'yardmaster'
import { currentTask, transfer as transferThere } from 'yardmaster/engine'

const mebibyte = 2 ** 20

function filled(bytes: number): Float64Array<ArrayBuffer> {
  return new Float64Array(bytes / 8).map((_, i) => i)
}

const places: Record<string, { options: LocalClusterOptions; elsewhere?: true }> = {
  'engines that are threads': { options: { engineKind: 'thread' } },
  'engines that are processes': { options: { engineKind: 'process' } },
  'a client over WebSocket': { options: { addresses: ['ws://127.0.0.1:0'] }, elsewhere: true },
}

describe.each(Object.entries(places))('%s', (_name, { options, elsewhere }) => {
  let cluster: Cluster
  let client: Client

  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 1, ...options })
    client = elsewhere ? await Client.connect(cluster.addresses[0], { key: cluster.key }) : await cluster.connect()
  })
  afterAll(async () => {
    await client.close()
    await cluster[Symbol.asyncDispose]()
  })

  it('what is transferred arrives whole, and is gone here', async () => {
    const sizes = [8, 8_192, 65_536, mebibyte]
    const all = sizes.map(filled)
    const seen = await client
      .loadBalancedView()
      .apply(
        (...given: Float64Array[]) =>
          given.map((numbers) => [numbers.length, numbers.at(-1), numbers.buffer.byteLength]),
        ...all.map((numbers) => transfer(numbers)),
      )
    expect(seen).toEqual(sizes.map((bytes) => [bytes / 8, bytes / 8 - 1, bytes]))
    expect(all.map(({ buffer }) => buffer.byteLength)).toEqual([0, 0, 0, 0])
  })

  it('a buffer that several views share is gone for all of them, and one beside it stays', async () => {
    const buffer = new ArrayBuffer(100_000)
    const [ints, bytes, stays] = [new Int32Array(buffer), new Uint8Array(buffer, 10), filled(100_000)]
    bytes.fill(1)
    const seen = await client
      .loadBalancedView()
      .apply(
        (given: { ints: Int32Array; bytes: Uint8Array; stays: Float64Array }) => [
          given.ints.buffer === given.bytes.buffer,
          given.bytes[50_000],
          given.stays.length,
        ],
        { ints, bytes: transfer(bytes), stays },
      )
    expect(seen).toEqual([true, 1, 12_500])
    expect([ints.length, bytes.length, buffer.byteLength, stays.length]).toEqual([0, 0, 0, 12_500])
  })

  it('items of a map move each on their own', async () => {
    const items = [1, 2, 3, 4].map((n) => filled(n * 80_000))
    const lengths = await client.loadBalancedView().map(
      (item: Float64Array) => item.length,
      items.map((item) => transfer(item)),
    )
    expect(lengths).toEqual([10_000, 20_000, 30_000, 40_000])
    expect(items.map((item) => item.length)).toEqual([0, 0, 0, 0])
  })

  it('a task moves its result', async () => {
    const view = client.loadBalancedView()
    const kept = view.apply(() => {
      const numbers = new Float64Array(100_000).fill(3)
      Object.assign(globalThis, { numbers })
      return transferThere(numbers)
    })
    expect((await kept)[99_999]).toBe(3)
    expect(await view.apply(() => (Reflect.get(globalThis, 'numbers') as Float64Array).length)).toBe(0)
  })

  it('an attempt more, where it is asked for, has the bytes again', async () => {
    const numbers = filled(800_000)
    const view = client.loadBalancedView().with({ retries: 1 })
    const sum = view.apply((given: Float64Array) => {
      const global = globalThis as { tried?: boolean }
      if (global.tried) return given.length
      global.tried = true
      throw new Error('once')
    }, transfer(numbers))
    expect(await sum).toBe(100_000)
    expect(numbers.length).toBe(0)
  })
})

describe.each(['memory', 'threads'] as const)('between threads, linked by %s', (transport) => {
  let cluster: Cluster
  let client: Client

  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 1, transport })
    client = await cluster.connect()
  })
  afterAll(() => cluster[Symbol.asyncDispose]())

  it('there and back, no copy is made', async () => {
    const view = client.loadBalancedView()
    const bounce = (numbers: Float64Array<ArrayBuffer>) => transferThere(numbers)
    await view.apply(bounce, transfer(filled(mebibyte)))
    let numbers = filled(128 * mebibyte)
    const before = process.resourceUsage().maxRSS
    for (let round = 0; round < 3; round += 1) numbers = await view.apply(bounce, transfer(numbers))
    expect(numbers.at(-1)).toBe(16 * mebibyte - 1)
    // In KiB. One copy, anywhere in this process and its threads, would be 128 MiB.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024)
  })

  it('a moved result is given once, and a copied one to whoever asks', async () => {
    const view = client.loadBalancedView()
    const moved = view.apply(() => transferThere(new Uint8Array(100_000).fill(7)))
    expect((await moved)[5]).toBe(7)
    await expect(client.getResult(moved.ids[0] as string).get()).rejects.toMatchObject({
      code: 'YM_PURGED',
      message: expect.stringContaining('transfer()'),
    })
    const copied = view.apply(() => new Uint8Array(100_000).fill(7))
    const first = await copied
    first.fill(0)
    expect((await client.getResult<Uint8Array>(copied.ids[0] as string))[5]).toBe(7)
  })

  it('what was moved is not sent again', async () => {
    const view = client.loadBalancedView()
    const once = view.apply((given: Uint8Array) => given.length, transfer(new Uint8Array(100_000)))
    expect(await once).toBe(100_000)
    await expect(client.resubmit(once.ids[0] as string).get()).rejects.toThrow(/moved, by transfer\(\)/)
    await expect(
      view.apply((given: Uint8Array) => process.exit(given.length), transfer(new Uint8Array(100_000))).get(),
    ).rejects.toMatchObject({
      code: 'YM_ENGINE_LOST',
    })
    expect(await view.apply(() => 'goes on')).toBe('goes on')
  })

  it('one engine of a view of several gets the memory as well as the next', async () => {
    await using several = await Cluster.start({ engines: 2, transport })
    const view = (await several.connect()).directView('all')
    const bytes = new Uint8Array(100_000).fill(4)
    expect(await view.apply((given: Uint8Array) => given[99_999], transfer(bytes))).toEqual([4, 4])
    expect(bytes.length).toBe(0)
  })

  it('what a task emits and moves is heard by all who listen', async () => {
    const first = client.loadBalancedView().apply(() => {
      currentTask().emit(transferThere(new Uint8Array(100_000).fill(1)))
    })
    const second = client.getResult(first.ids[0] as string)
    const heard: number[] = []
    for (const result of [first, second]) result.emitted$.subscribe((value) => heard.push((value as Uint8Array).length))
    await Promise.all([first, second])
    expect(heard).toEqual([100_000, 100_000])
  })
})

describe('transfer()', () => {
  it.each<[string, unknown, RegExp]>([
    ['shared memory', new Uint8Array(new SharedArrayBuffer(8)), /shared memory, which need not be moved/],
    ['a part of the pool', Buffer.from('small'), /allocUnsafeSlow/],
    ['no buffer', { a: 1 }, /an ArrayBuffer or a view of one, not object/],
    ['null', null, /not null/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => transfer(value as ArrayBuffer)).toThrow(expect.objectContaining({ code: 'YM_CLONE' }))
    expect(() => transfer(value as ArrayBuffer)).toThrow(message)
  })

  it('what has been transferred cannot be passed, nor transferred, again', async () => {
    await using cluster = await Cluster.start({ engines: 1 })
    const view = (await cluster.connect()).loadBalancedView()
    const bytes = transfer(new Uint8Array(10))
    await view.apply((given: Uint8Array) => given.length, bytes)
    expect(() => view.apply((given: Uint8Array) => given.length, bytes)).toThrow(
      expect.objectContaining({ code: 'YM_CLONE', message: expect.stringMatching(/args\[0\] .*transferred/) }),
    )
    expect(() => transfer(bytes)).toThrow(/transferred before/)
    const memory = runInThisContext('new WebAssembly.Memory({ initial: 1 }).buffer') as ArrayBuffer
    expect(() => view.apply((given: ArrayBuffer) => given.byteLength, transfer(memory))).toThrow(
      /cannot be transferred/,
    )
  })

  it('a submission that fails takes nothing with it', async () => {
    await using cluster = await Cluster.start({ engines: 1 })
    const view = (await cluster.connect()).loadBalancedView()
    const bytes = new Uint8Array(10)
    expect(() =>
      view.apply(
        (...given: unknown[]) => given.length,
        transfer(bytes),
        () => {},
      ),
    ).toThrow(/is a function/)
    expect(await view.apply((given: Uint8Array) => given.length, bytes)).toBe(10)
    expect(bytes.length).toBe(10)
  })
})
