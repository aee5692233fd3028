/** A whole cluster on a transport that is not of the house, through what the package shows to everyone. */
import { describe, expect, it } from 'vitest'
import { Client, Cluster, RemoteError } from 'yardmaster'
import { registerTransport } from 'yardmaster/transports'
import { jsonTransport } from '../transports/json-transport.ts'

let accepted = 0
registerTransport({
  ...jsonTransport,
  listen: (address, onConnection, options) =>
    jsonTransport.listen(
      address,
      (connection) => {
        accepted += 1
        onConnection(connection)
      },
      options,
    ),
})

const transport = 'json://127.0.0.1:0'

describe.each(['thread', 'inline'] as const)('%s engines', (engineKind) => {
  it('and a client are linked by it alone', async () => {
    accepted = 0
    await using cluster = await Cluster.start({ engines: 2, engineKind, transport })
    expect(cluster.addresses).toEqual([expect.stringMatching(/^json:/)])
    await using client = await Client.connect(cluster.addresses[0], { key: cluster.key })
    expect(accepted).toBe(3)
    const lview = client.loadBalancedView()
    const bytes = new Uint8Array(100_000).fill(7)
    expect(await lview.map((x: number) => x ** 2, [1, 2, 3])).toEqual([1, 4, 9])
    expect(await lview.apply((sent: Uint8Array) => sent, bytes)).toEqual(bytes)
    const failing = lview.apply(() => {
      throw new RangeError('out of range')
    })
    await expect(failing).rejects.toThrow(RemoteError)
  })
})

it('engines that are processes do not know it, and say so', async () => {
  const starting = Cluster.start({ engines: 1, engineKind: 'process', transport })
  await expect(starting).rejects.toMatchObject({ code: 'YM_ADDRESS', message: expect.stringContaining('json') })
})

it('engines can be told at which address of the house to link', async () => {
  const address = 'ws://127.0.0.1:0'
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'process', transport: address })
  const client = await cluster.connect()
  expect(await client.loadBalancedView().apply((x: number) => x + 1, 1)).toBe(2)
})

it('nowhere to listen is told at once', async () => {
  const starting = Cluster.start({ engines: 1, transport: 'websocket', addresses: [] })
  await expect(starting).rejects.toMatchObject({ code: 'YM_CONFIGURATION' })
})
