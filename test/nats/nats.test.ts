/** The transport that the guide to writing one shows, against a real NATS server. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect as connectToServer } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Cluster, MessageTooLargeError } from 'yardmaster'
import { transportSuite } from 'yardmaster/testing'
import { registerTransport, withDefaults } from 'yardmaster/transports'
import { natsTransport } from '../../examples/nats-transport/nats-transport.ts'
import { kinds, packet } from '../../examples/nats-transport/packet.ts'
import { SubjectConnection } from '../../examples/nats-transport/subject-connection.ts'
import { NatsServer, withoutNats } from './nats-server.ts'

if (withoutNats) process.stderr.write(`skipped: the transport through NATS, since ${withoutNats}\n`)

const transport = natsTransport()
registerTransport(transport)
const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const oneMemory = 'the peers may be on different machines'

let server: NatsServer
let names = 0
const freshAddress = () => {
  names += 1
  return server.address(`test-${names}`)
}

// Without a server there is nothing to test against, which is said above.
describe.skipIf(withoutNats)('through a NATS server', () => {
  beforeAll(async () => {
    server = await NatsServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  transportSuite({
    name: 'nats',
    runner: { describe, test },
    setup: () => ({ transport, address: freshAddress, startEcho, sendNonsense }),
    exceptions: {
      'objects are passed as they are, in order with frames': oneMemory,
      'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
    },
  })

  test('where the server takes little in one message, large ones are cut', async () => {
    await using small = await NatsServer.start(-1, ['-c', fileAt('./small-payload.conf')])
    const address = small.address('cut')
    const { promise: heard, resolve } = resolvable<readonly Uint8Array[]>()
    const listener = await transport.listen(address, (connection) =>
      connection.open({ onMessage: resolve, onClose: () => {} }),
    )
    const connection = await transport.connect(address)
    connection.open({ onMessage: () => {}, onClose: () => {} })
    const frame = Uint8Array.from({ length: 300_001 }, (_, i) => i % 251)
    connection.send([new Uint8Array([1]), frame])
    expect(await heard).toEqual([new Uint8Array([1]), frame])
    await connection.close()
    await listener.close()
  })

  test('a name is chosen where it is asked for, and others can connect there', async () => {
    const listeners = await Promise.all([1, 2].map(() => transport.listen(server.address('any.*'), () => {})))
    const [first, second] = listeners.map(({ address }) => address) as [string, string]
    expect(first).not.toBe(second)
    await (await transport.connect(first)).close()
    await expect(transport.connect(server.address('any.*'))).rejects.toMatchObject({ code: 'YM_ADDRESS' })
    await Promise.all(listeners.map((listener) => listener.close()))
  })

  test('a stranger may send little', async () => {
    const { promise: ended, resolve } = resolvable<Error | undefined>()
    const address = freshAddress()
    const listener = await transport.listen(
      address,
      (connection) => connection.open({ onMessage: () => {}, onClose: resolve }),
      { strangerBytesMax: 10_000 },
    )
    const connection = await transport.connect(address)
    connection.open({ onMessage: () => {}, onClose: () => {} })
    connection.send([new Uint8Array(20_000)])
    expect(await ended).toBeInstanceOf(MessageTooLargeError)
    await listener.close()
  })

  test('two clusters at one server do not meet, and an engine that is killed loses no task', async () => {
    await using cluster = await Cluster.start({ engines: 0, transport: freshAddress() as `nats:${string}` })
    await using other = await Cluster.start({ engines: 1, transport: freshAddress() as `nats:${string}` })
    const [address] = cluster.addresses
    const engines = [startEngine(address, cluster.key), startEngine(address, cluster.key)]
    try {
      await using client = await Client.connect(address, { key: cluster.key })
      await client.waitForEngines(2, 40_000)
      const pids = await client.directView('all').apply(() => process.pid)
      expect(new Set(pids)).toEqual(new Set(engines.map(({ pid }) => pid)))
      const result = client
        .loadBalancedView()
        .with({ chunk: 1 })
        .map(
          async (x: number) => {
            await new Promise((resolve) => setTimeout(resolve, 20))
            return x * x
          },
          Array.from({ length: 100 }, (_, x) => x),
        )
      while (result.progress.done < 10) await new Promise((resolve) => setTimeout(resolve, 5))
      engines[0]?.kill('SIGKILL')
      expect(await result).toEqual(Array.from({ length: 100 }, (_, x) => x * x))
      expect(client.ids).toHaveLength(1)
      expect(await (await other.connect()).waitForEngines(1)).toEqual([0])
    } finally {
      for (const engine of engines) engine.kill('SIGKILL')
    }
  })

  test('when the server is started anew, the cluster finds itself again', async () => {
    let restarted: NatsServer | undefined
    await using first = await NatsServer.start()
    await using cluster = await Cluster.start({ engines: 1, transport: first.address('again') as `nats:${string}` })
    await using client = await Client.connect(cluster.addresses[0], { key: cluster.key })
    const lview = client.loadBalancedView()
    expect(await lview.apply((x: number) => x + 1, 1)).toBe(2)
    try {
      await first[Symbol.asyncDispose]()
      restarted = await NatsServer.start(first.port)
      expect(await lview.apply((x: number) => x + 1, 2)).toBe(3)
    } finally {
      await restarted?.[Symbol.asyncDispose]()
    }
  })
})

test('a packet that NATS has lost ends the connection: nothing is passed over', () => {
  const ends: (Error | undefined)[] = []
  const path = { payloadBytesMax: 1000, send: () => {}, probe: () => {}, leave: () => {} }
  const connection = new SubjectConnection(path, 'nats:peer', withDefaults())
  connection.open({ onMessage: () => {}, onClose: (error) => ends.push(error) })
  connection.receive(packet(kinds.data, 1, 100, 4))
  return Promise.resolve().then(() => expect(ends).toEqual([expect.objectContaining({ code: 'YM_PROTOCOL' })]))
})

function resolvable<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

async function startEcho(address: string): Promise<{ kill(): void }> {
  const echo = spawn(process.execPath, ['--import', 'tsx', fileAt('./echo-main.ts'), address], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await once(echo, 'spawn')
  return { kill: () => void echo.kill('SIGKILL') }
}

/** At the listener's door, where anybody who may use the server can send anything. */
async function sendNonsense(address: string): Promise<void> {
  const [, host, name] = /^nats:\/\/([^/]+)\/(.+)$/.exec(address) as unknown as [string, string, string]
  const nats = await connectToServer({ servers: host })
  for (const reply of [undefined, 'nobody.there']) {
    for (const bytes of [new Uint8Array(0), new Uint8Array(1000).fill(255), packet(99)]) {
      nats.publish(`yardmaster.${name}`, bytes, reply === undefined ? {} : { reply })
    }
  }
  await nats.flush()
  await nats.close()
}

/** A process of its own, by the command that everybody has: the transport is loaded before it. */
function startEngine(address: string | undefined, key: Uint8Array) {
  const register = fileAt('../../examples/nats-transport/register.ts')
  const main = fileAt('../../dist/cli/main.js')
  const loading = ['--import', 'tsx', '--import', register]
  return spawn(process.execPath, [...loading, main, 'engine', '--quiet', '--address', String(address)], {
    env: { ...process.env, YARDMASTER_KEY: Buffer.from(key).toString('base64url') },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
