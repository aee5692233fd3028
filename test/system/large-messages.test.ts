/** What is too large for one message goes in several; what cannot be parted is told, and ends no link. */
import { describe, expect, it } from 'vitest'
import { Client, Cluster } from 'yardmaster'

const messageBytesMax = 1_000_000
const each = 100_000
const many = Array.from({ length: 40 }, (_, i) => i)

const codeOf = (promise: PromiseLike<unknown>) =>
  promise.then(
    () => 'none',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  )

describe.each([
  ['an engine in another process', { engineKind: 'process' as const }, false],
  ['a client over WebSocket', { addresses: ['ws://127.0.0.1:0'] }, true],
])('with %s', (_name, options, isRemote) => {
  const use = async (body: (client: Client) => Promise<void>) => {
    await using cluster = await Cluster.start({ engines: 1, hwm: 0, transportOptions: { messageBytesMax }, ...options })
    const address = cluster.addresses[0] as string
    await using client = isRemote ? await Client.connect(address, { key: cluster.key }) : await cluster.connect()
    await body(client)
    expect(client.ids).toEqual([0])
  }

  it('many arguments, and many results', () =>
    use(async (client) => {
      const lview = client.loadBalancedView()
      const lengths = many.map(() => lview.apply((bytes: Uint8Array) => bytes.length, new Uint8Array(each)))
      expect(new Set(await Promise.all(lengths))).toEqual(new Set([each]))
      const made = many.map((i) => lview.apply((length: number) => new Uint8Array(length), each + i))
      expect((await Promise.all(made)).map(({ length }) => length)).toEqual(many.map((i) => each + i))
    }))

  it('many functions that capture much', () =>
    use(async (client) => {
      const lview = client.loadBalancedView()
      const sums = many.map((i) => {
        const data = new Uint8Array(each).fill(i)
        return lview.apply(() => data[each - 1])
      })
      expect(await Promise.all(sums)).toEqual(many)
    }))

  it('one result, one function and one call that are too large', () =>
    use(async (client) => {
      const lview = client.loadBalancedView()
      const data = new Uint8Array(2 * messageBytesMax)
      const length = (bytes: Uint8Array) => bytes.length
      const tooLarge = await Promise.all([
        codeOf(lview.apply((bytes: number) => new Uint8Array(bytes), data.length)),
        codeOf(lview.apply(() => data.length)),
        codeOf(lview.apply(length, data)),
      ])
      for (const told of tooLarge) expect(told).toMatch(/MESSAGE_TOO_LARGE|MessageTooLargeError/)
      const items = await lview
        .with({ chunk: 3, returnExceptions: true })
        .map((bytes: number) => new Uint8Array(bytes), [10, data.length, 30])
      // An engine leaves out what is too large for its link; the controller has only the chunk.
      expect(items).toMatchObject(
        isRemote
          ? Array(3).fill({ code: 'YM_MESSAGE_TOO_LARGE' })
          : [{ length: 10 }, { code: 'YM_REMOTE' }, { length: 30 }],
      )
    }))
})

it('a client’s own limit counts too', async () => {
  await using cluster = await Cluster.start({ engines: 1, addresses: ['ws://127.0.0.1:0'] })
  const options = { key: cluster.key, transportOptions: { messageBytesMax } }
  await using client = await Client.connect(cluster.addresses[0], options)
  const lview = client.loadBalancedView()
  const make = (length: number) => new Uint8Array(length)
  expect(await codeOf(lview.apply(make, 2 * messageBytesMax))).toMatch(/YM_MESSAGE_TOO_LARGE/)
  expect(await codeOf(lview.apply((bytes: Uint8Array) => bytes.length, make(2 * messageBytesMax)))).toMatch(/TOO_LARGE/)
  expect(await lview.apply(() => 1)).toBe(1)
})

describe('what is said and named counts, too', () => {
  const use = async (body: (client: Client) => Promise<void>) => {
    const options = { transportOptions: { messageBytesMax }, addresses: ['ws://127.0.0.1:0'] }
    await using cluster = await Cluster.start({ engines: 1, ...options })
    await using client = await Client.connect(cluster.addresses[0] as string, { key: cluster.key, reconnectMs: 0 })
    await body(client)
    expect(client.status).toBe('ready')
  }

  it('errors of many tasks that end together', () =>
    use(async (client) => {
      const lview = client.loadBalancedView()
      const first = lview.apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 500))
        throw new Error('no')
      })
      const view = lview.with({ after: first })
      const codes = Array.from({ length: 5_000 }, () => codeOf(view.apply(() => 1)))
      for (const code of await Promise.all(codes)) expect(code).toMatch(/^YM_IMPOSSIBLE_DEPENDENCY/)
    }))

  it('many dependencies of many tasks', () =>
    use(async (client) => {
      const lview = client.loadBalancedView()
      const before = Array.from({ length: 1_000 }, (_, i) => lview.apply((x: number) => x, i))
      const view = lview.with({ after: before })
      const after = Array.from({ length: 200 }, () => view.apply(() => 1))
      expect(await Promise.all(after)).toEqual(after.map(() => 1))
    }))

  it('a task that names more than a message holds', () =>
    use(async (client) => {
      const { session } = client
      const after = Array.from({ length: 100_000 }, (_, i) => `${session}.${i}`)
      const result = client
        .loadBalancedView()
        .with({ after })
        .apply(() => 1)
      expect(await codeOf(result)).toMatch(/^YM_MESSAGE_TOO_LARGE/)
    }))

  it('records with long labels', () =>
    use(async (client) => {
      const view = client.loadBalancedView().with({ label: '\u{1F686}'.repeat(500) })
      await Promise.all(Array.from({ length: 1_000 }, () => view.apply(() => 1)))
      expect(await client.query({})).toHaveLength(1_000)
    }))
})
