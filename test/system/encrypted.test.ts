/** Between machines nobody reads along. The network between is a proxy that records. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Client, Cluster } from 'yardmaster'

const key = new Uint8Array(32).fill(7)
const marker = 'a very private marker'

/** All bytes that pass, both ways. */
async function eavesdrop(port: number) {
  const heard: Buffer[] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => {
        heard.push(data)
        to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, heard, [Symbol.dispose]: () => void server.close() }
}

describe.each([
  ['ws', false],
  ['wss', true],
  ['tcp', false],
  ['tcps', true],
] as const)('over %s', (scheme, isEncrypted) => {
  it(`tasks run on engines that are processes, and an eavesdropper reads ${isEncrypted ? 'nothing' : 'everything'}`, async () => {
    await using cluster = await Cluster.start({
      engines: 2,
      engineKind: 'process',
      transport: `${scheme}://127.0.0.1:0`,
      key,
    })
    const [address = ''] = cluster.addresses
    expect(address).toMatch(new RegExp(`^${scheme}://127.0.0.1:\\d+$`))
    using network = await eavesdrop(Number(/\d+$/.exec(address)?.[0]))
    await using client = await Client.connect(`${scheme}://127.0.0.1:${network.port}`, { key })
    const twice = await client.loadBalancedView().map((text: string) => text + text, [marker, marker])
    expect(twice).toEqual([marker + marker, marker + marker])
    const heard = Buffer.concat(network.heard)
    expect(heard.length).toBeGreaterThan(500)
    expect(heard.includes(marker)).toBe(!isEncrypted)
    await expect(Client.connect(address, { key: new Uint8Array(32).fill(8) })).rejects.toMatchObject({
      code: expect.stringMatching(/YM_AUTHENTICATION|YM_UNREACHABLE/),
    })
  })
})

it.each(['wss', 'tcps'])(
  'over %s, who holds another key or does not encrypt is refused, and the operator is told',
  async (scheme) => {
    const lines: string[] = []
    await using cluster = await Cluster.start({
      engines: 0,
      transport: `${scheme}://127.0.0.1:0`,
      key,
      log: (level, message) => lines.push(`${level} ${message}`),
    })
    const [address = ''] = cluster.addresses
    const options = { key: new Uint8Array(32).fill(8), connectTimeoutMs: 1_000 }
    await expect(Client.connect(address, options)).rejects.toMatchObject({ code: expect.stringMatching(/^YM_/) })
    await expect
      .poll(() => lines.filter((line) => /^warn .* was refused: it does not hold the key/.test(line)))
      .toHaveLength(1)
    const plain = address.replace(/^(wss|tcps):/, (scheme) => scheme.replace('s:', ':'))
    await expect(Client.connect(plain, { ...options, key })).rejects.toMatchObject({
      code: expect.stringMatching(/^YM_/),
      message: expect.stringContaining(`its address begins with ${scheme}:`),
    })
    await expect
      .poll(() => lines.filter((line) => /^warn .* was refused: it does not hold the key/.test(line)))
      .toHaveLength(2)
  },
)

it('a listener that others can reach is encrypted by default', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'process', transport: 'ws://0.0.0.0:0', key })
  expect(cluster.addresses[0]).toMatch(/^wss:/)
  await using client = await Client.connect(cluster.addresses[0], { key })
  expect(await client.loadBalancedView().apply(() => 'in')).toBe('in')
})

it('and plain, with a warning, where that is asked for', async () => {
  const lines: string[] = []
  await using cluster = await Cluster.start({
    engines: 0,
    transport: 'tcp://0.0.0.0:0',
    key,
    transportOptions: { insecure: true },
    log: (level, message) => lines.push(`${level} ${message}`),
  })
  expect(cluster.addresses[0]).toMatch(/^tcp:/)
  expect(lines.filter((line) => /^warn .*not encrypted/.test(line))).toHaveLength(1)
})
