/** What takes longer to arrive than any heartbeat is no sign of death; and a link that is dead without a word is left. */
import { expect, it } from 'vitest'
import { Client, Cluster } from 'yardmaster'
import { startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { listening, Recorder } from '../../testing/transport-pair.ts'
import { transportFor } from '../../transports/connect.ts'
import { proxyTo } from './proxy.ts'

const key = new Uint8Array(32).fill(3)
/** In this thread, as long as it is in use. */
async function inlineEngine(address: string): Promise<AsyncDisposable> {
  const engine = await startEngine({ address, key, executors: inlineExecutor })
  return { [Symbol.asyncDispose]: () => engine.stop() }
}

const portOf = (address: string | undefined) => Number(address?.split(':').at(-1))

it.each(['ws', 'tcp'])(
  'large arguments and results cross a slow link of an engine, and of a client (%s)',
  async (scheme) => {
    await using cluster = await Cluster.start({
      engines: 0,
      addresses: [`${scheme}://127.0.0.1:0`],
      key,
      heartbeatMs: 300,
    })
    using proxy = await proxyTo(portOf(cluster.addresses[0]), 2_000)
    const address = `${scheme}://127.0.0.1:${proxy.port}`
    await using _engine = await inlineEngine(address)
    const local = await cluster.connect()
    const lview = local.loadBalancedView().with({ retryOnEngineLoss: false })
    expect(await lview.apply((bytes: Uint8Array) => bytes.length, new Uint8Array(3e6))).toBe(3e6)
    expect(await lview.apply((length: number) => new Uint8Array(length), 3e6)).toHaveLength(3e6)
    expect(local.ids).toEqual([0])
    await using remote = await Client.connect(address, { key, reconnectMs: 0 })
    const view = remote.loadBalancedView()
    expect(await view.apply((bytes: Uint8Array) => bytes.length, new Uint8Array(3e6))).toBe(3e6)
    expect(await view.apply((length: number) => new Uint8Array(length), 3e6)).toHaveLength(3e6)
  },
)

it.each(['ws', 'tcp'])('an engine whose link is dead without a word comes back on another (%s)', async (scheme) => {
  await using cluster = await Cluster.start({
    engines: 0,
    addresses: [`${scheme}://127.0.0.1:0`],
    key,
    heartbeatMs: 200,
  })
  using proxy = await proxyTo(portOf(cluster.addresses[0]))
  await using _engine = await inlineEngine(`${scheme}://127.0.0.1:${proxy.port}`)
  const client = await cluster.connect()
  expect(client.ids).toEqual([0])
  proxy.freeze()
  while (client.ids.length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  proxy.thaw()
  expect(await client.waitForEngines(1)).toEqual([1])
  expect(await client.loadBalancedView().apply(() => 'back')).toBe('back')
})

const megabytes = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(1e6).fill(i + 1))

it.each(['ws', 'tcp'])(
  '%s: a close loses nothing that takes the link some seconds, in either direction',
  async (scheme) => {
    const any = `${scheme}://127.0.0.1:0`
    const transport = await transportFor(any)
    const { listener, next } = await listening(transport, any)
    using proxy = await proxyTo(portOf(listener.address), 1_300)
    const connected = async () => {
      const [near, far] = await Promise.all([transport.connect(`${scheme}://127.0.0.1:${proxy.port}`), next()])
      return [new Recorder(near), new Recorder(far)] as const
    }
    const [[closing, hearing], [listens, speaks]] = [await connected(), await connected()]
    for (const bytes of megabytes(4)) {
      closing.connection.send([bytes])
      speaks.connection.send([bytes])
    }
    await Promise.all([closing.connection.close(), listens.connection.close()])
    for (const one of [closing, hearing, listens, speaks]) expect(await one.closed).toBeUndefined()
    expect(hearing.messages.map(([bytes]) => bytes?.at(-1))).toEqual([1, 2, 3, 4])
    expect(listens.messages.map(([bytes]) => bytes?.at(-1))).toEqual([1, 2, 3, 4])
    await listener.close()
  },
)
