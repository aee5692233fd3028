/** What is wrong gets a coded error where the user is, and the cluster goes on. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import Type from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client, Cluster, task } from 'yardmaster'
import { clientWelcome } from '../../core/admission-messages.ts'
import { systemClock } from '../../core/clock.ts'
import { encode } from '../../core/codec.ts'
import { offerHandshake } from '../../core/handshake.ts'
import { controllerToClient } from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import type { Connection, Frame } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'

const key = new Uint8Array(32).fill(7)
const messageBytesMax = 4 * 2 ** 20
const clusters: Record<string, Cluster> = {}
const log: string[] = []
const clients: Record<string, Client> = {}
const transports = ['websocket', 'zeromq'] as const

beforeAll(async () => {
  for (const transport of transports) {
    clusters[transport] = await Cluster.start({
      engines: 2,
      engineKind: 'process',
      transport,
      key,
      transportOptions: { messageBytesMax },
      log: (level, message) => log.push(`${transport} ${level} ${message}`),
    })
    clients[transport] = await Client.connect(clusters[transport].addresses[0], { key })
  }
})

afterAll(async () => {
  for (const transport of transports) {
    await clients[transport]?.close()
    await clusters[transport]?.stop()
  }
})

const caught = (promise: PromiseLike<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(transports)('over %s', (transport) => {
  const client = () => clients[transport] as Client
  const address = () => clusters[transport]?.addresses[0] as string
  const goesOn = async () => {
    expect(
      await client()
        .loadBalancedView()
        .map((x: number) => x + 1, [1, 2, 3]),
    ).toEqual([2, 3, 4])
    expect(client().ids).toEqual([0, 1])
  }
  const raw = async (): Promise<{ connection: Connection; closed: Promise<unknown>; frames: Frame[][] }> => {
    const connection = await (await transportFor(address())).connect(address())
    const frames: Frame[][] = []
    const closed = new Promise((resolve) => {
      connection.open({ onMessage: (message) => frames.push([...message]), onClose: resolve })
    })
    return { connection, closed, frames }
  }

  const admitted = async () => {
    const connection = await (await transportFor(address())).connect(address())
    const { link } = await offerHandshake(connection, {
      role: 'client',
      key,
      clock: systemClock,
      details: { session: 'mischief00' },
      sends: Type.Object({ type: Type.String() }),
      receives: controllerToClient,
      welcome: clientWelcome,
    })
    return link
  }

  it('malformed bytes end only their own connection', async () => {
    const before = log.length
    const { connection, closed } = await raw()
    connection.send([new Uint8Array([0xc1, 0xff, 0x00, 0x9f])])
    await closed
    await expect
      .poll(() => log.slice(before))
      .toContainEqual(expect.stringMatching(new RegExp(`^${transport} .*YM_PROTOCOL`)))
    await goesOn()
  })

  it('a message before the handshake is not accepted', async () => {
    const { connection, closed } = await raw()
    connection.send(encode({ type: 'submit', tasks: [], functions: [] }))
    await closed
    await goesOn()
  })

  it.each<[string, { type: string }]>([
    ['an unknown type', { type: 'explode' }],
    ['a missing field', { type: 'submit', functions: [] } as { type: string }],
    ['a field of the wrong kind', { type: 'abort', tasks: 'all' } as { type: string }],
    ['a direct task for two', { type: 'submit', ...submission({ direct: true, targets: [0, 1] }) }],
    ['a direct task that has retries', { type: 'submit', ...submission({ direct: true, targets: [0], retries: 1 }) }],
    ['a broadcast with a target too many', { type: 'broadcast', ...broadcast(['mischief00.1'], [0, 1]) }],
    ['a broadcast of another session', { type: 'broadcast', ...broadcast(['someother0.1'], [0]) }],
    ['a task of another session', { type: 'submit', ...submission({}, 'someother0.1') }],
  ])('a message with %s, from someone who was let in', async (_what, message) => {
    const link = await admitted()
    const closed = new Promise((resolve) => link.open({ onMessage: () => {}, onClose: resolve }))
    link.send(message)
    expect(await closed).toMatchObject({ code: 'YM_CONNECTION_LOST' })
    await goesOn()
  })

  it('and the same messages without their fault end no connection', async () => {
    const link = await admitted()
    let answered: (answer: unknown) => void = () => {}
    link.open({
      onMessage: (message) => message.type === 'pong' && message.sequence > 0 && answered(message),
      onClose: (error) => answered(error),
    })
    const messages: { type: string }[] = [
      { type: 'submit', ...submission({}, 'mischief00.10'), tasks: [] },
      { type: 'abort', ...{ tasks: ['mischief00.10'] } },
      { type: 'submit', ...submission({ direct: true, targets: [0] }, 'mischief00.11') },
      { type: 'submit', ...submission({ targets: [0, 1], retries: 1 }, 'mischief00.12') },
      { type: 'broadcast', ...broadcast(['mischief00.13'], [0]) },
    ]
    for (const [i, message] of messages.entries()) {
      const answer = new Promise((resolve) => {
        answered = resolve
      })
      link.send(message)
      const ping = { type: 'ping', sequence: i + 1 }
      link.send(ping)
      expect([i, await answer]).toEqual([i, { type: 'pong', sequence: i + 1 }])
    }
    link.abort()
    await goesOn()
  })

  it.each(['interrupt', 'restart'])(
    'an %s of an engine that is not there, by its number, and no engine is told',
    async (kind) => {
      const link = await admitted()
      const answer = new Promise((resolve) => {
        // What is news of engines or a question of the heartbeat is none.
        link.open({ onMessage: (message) => message.type === 'answer' && resolve(message), onClose: resolve })
      })
      const engine = client().directView(0)
      await engine.push({ kept: 1 })
      link.send({ type: 'ask', request: 1, ask: { kind, engines: [0, 7] } } as { type: string })
      const fault = { code: 'YM_ENGINE_LOST', message: expect.stringContaining('engine 7'), details: { engine: 7 } }
      expect(await answer).toEqual({ type: 'answer', request: 1, fault })
      expect(await engine.pull('kept')).toBe(1)
      link.abort()
      await goesOn()
    },
  )

  it('a message over the limit', async () => {
    const ar = client()
      .loadBalancedView()
      .apply((bytes: Uint8Array) => bytes.length, new Uint8Array(5 * 2 ** 20))
    expect(await caught(ar)).toMatchObject({
      code: 'YM_MESSAGE_TOO_LARGE',
      message: expect.stringContaining(String(messageBytesMax)),
    })
    await goesOn()
  })

  it('a wrong key', async () => {
    const error = await caught(Client.connect(address(), { key: new Uint8Array(32).fill(8) }))
    expect(error).toMatchObject({ code: 'YM_AUTHENTICATION', message: expect.stringContaining('key') })
    await goesOn()
  })

  it('a key that is none', async () => {
    const error = await caught(Client.connect(address(), { key: new Uint8Array(3) }))
    expect(error).toMatchObject({ code: 'YM_AUTHENTICATION' })
  })

  it('another version', async () => {
    const { connection, closed, frames } = await raw()
    connection.send(
      encode({
        type: 'hello',
        protocol: 'yardmaster',
        version: 999,
        role: 'client',
        nonce: new Uint8Array(32),
        details: { session: 'fromfuture' },
      }),
    )
    await closed
    expect(Buffer.concat(frames.flat()).toString('latin1')).toContain('YM_VERSION')
    await goesOn()
  })

  it('an address where nobody listens', async () => {
    const dead = transport === 'websocket' ? 'ws://127.0.0.1:9' : 'tcp://127.0.0.1:9'
    const error = await caught(Client.connect(dead, { key, connectTimeoutMs: 1_500 }))
    expect(error).toMatchObject({ code: 'YM_UNREACHABLE', message: expect.stringContaining('127.0.0.1:9') })
  })

  it('a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const taken = transport === 'websocket' ? `ws://127.0.0.1:${port}` : `tcp://127.0.0.1:${port}`
    const error = await caught(Cluster.start({ engines: 0, addresses: [taken] }))
    server.close()
    expect(error).toMatchObject({ code: 'YM_ADDRESS_IN_USE', message: expect.stringContaining(String(port)) })
  })

  it('a module that is not there', async () => {
    const missing = task(new URL('./programs/no-such-module.mjs', import.meta.url).href, 'work')
    const error = await caught(Promise.resolve().then(() => client().loadBalancedView().apply(missing, 1)))
    expect(error).toMatchObject({ message: expect.stringContaining('no-such-module.mjs') })
    expect(error).toMatchObject(codeHereOrInCause('YM_MODULE', error))
    await goesOn()
  })

  it('a module without that export', async () => {
    const wrong = task(new URL('./programs/work.mjs', import.meta.url).href, 'absent')
    const error = await caught(Promise.resolve().then(() => client().loadBalancedView().apply(wrong, 1)))
    expect(error).toMatchObject({ message: expect.stringMatching(/absent[\s\S]*triple/) })
    expect(error).toMatchObject(codeHereOrInCause('YM_MODULE', error))
    await goesOn()
  })

  it('an argument that cannot be cloned', async () => {
    const error = await caught(
      Promise.resolve().then(() =>
        client()
          .loadBalancedView()
          .apply((x: unknown) => x, { deep: [() => 1] }),
      ),
    )
    expect(error).toMatchObject({ code: 'YM_CLONE', message: expect.stringMatching(/deep/) })
    await goesOn()
  })

  it('a result that cannot be cloned', async () => {
    const error = await caught(
      client()
        .loadBalancedView()
        .apply(() => ({ inner: () => 1 })),
    )
    expect(error).toMatchObject({ code: 'YM_REMOTE', message: expect.stringMatching(/inner/) })
    await goesOn()
  })

  it('a function that captures what cannot travel', async () => {
    const server = createServer()
    const error = await caught(
      Promise.resolve().then(() =>
        client()
          .loadBalancedView()
          .apply(() => server.listening),
      ),
    )
    expect(error).toMatchObject({ code: 'YM_CAPTURE', message: expect.stringMatching(/server/) })
    await goesOn()
  })
})

it('addresses and options that make no sense', async () => {
  expect(await caught(Client.connect('carrier-pigeon://roof', { key }))).toMatchObject({ code: 'YM_ADDRESS' })
  expect(await caught(Client.connect('not an address', { key }))).toMatchObject({ code: 'YM_ADDRESS' })
  expect(await caught(Cluster.start({ engines: -1 }))).toMatchObject({ code: 'YM_CONFIGURATION' })
  expect(await caught(Cluster.start({ engines: 1, strategy: 'nosuch' }))).toMatchObject({ code: 'YM_CONFIGURATION' })
  expect(await caught(Cluster.start({ engineKind: 'process', transport: 'memory' }))).toMatchObject({
    code: 'YM_CONFIGURATION',
    message: expect.stringMatching(/websocket/),
  })
  const transportOptions = { origins: ['https://example.org/'] }
  expect(await caught(Cluster.start({ engines: 0, transport: 'websocket', transportOptions }))).toMatchObject({
    code: 'YM_CONFIGURATION',
    message: expect.stringMatching(/scheme, host and port alone/),
  })
})

/** Where it shows: at submission, or as the cause of what the engine answers. */
function codeHereOrInCause(code: string, error: unknown): object {
  const here = typeof error === 'object' && error !== null && 'code' in error && error.code === code
  return here ? { code } : { code: 'YM_REMOTE', cause: { code } }
}

const payload = encodeValue([])
const functions = [{ hash: 'f', payload }]

/** A submission in which nothing else is wrong. */
function submission(flags: object, id = 'mischief00.1') {
  return { tasks: [{ id, function: 'f', call: 'once', args: payload, ...flags }], functions }
}

function broadcast(tasks: readonly string[], targets: readonly number[]) {
  return { tasks, targets, function: 'f', args: payload, functions }
}
