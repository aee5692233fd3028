/** Who does not hold the key gets nothing, holds nothing, and leaves a line in the log. */
import { connect as connectTcp, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Client, Cluster } from 'yardmaster'
import { clientWelcome } from '../../core/admission-messages.ts'
import { systemClock } from '../../core/clock.ts'
import { offerHandshake } from '../../core/handshake.ts'
import { clientToController, controllerToClient } from '../../core/messages.ts'
import type { Connection, Frame } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'

const key = new Uint8Array(32).fill(7)
const oldKey = new Uint8Array(32).fill(8)
const transports = ['websocket', 'zeromq'] as const
const clusters: Record<string, Cluster> = {}
const clients: Record<string, Client> = {}
const logs: Record<string, string[]> = { websocket: [], zeromq: [] }

beforeAll(async () => {
  for (const transport of transports) {
    clusters[transport] = await Cluster.start({
      engines: 1,
      engineKind: 'process',
      transport,
      key,
      transportOptions: { origins: ['https://friend.example'] },
      log: (_level, message) => logs[transport]?.push(message),
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

async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1_500 && !holds(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(holds()).toBe(true)
}

/** The frames that one side of a handshake sent. */
function recorded(connection: Connection, sent: Frame[][]): Connection {
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'send') {
        return (frames: readonly Frame[]) => {
          sent.push(frames.map((frame) => frame.slice()))
          return target.send(frames)
        }
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe.each(transports)('over %s', (transport) => {
  const address = () => clusters[transport]?.addresses[0] as string
  const dial = async () => (await transportFor(address())).connect(address())
  const linesSince = (start: number) => logs[transport]?.slice(start) ?? []
  const lineCount = () => logs[transport]?.length ?? 0
  const goesOn = async () => {
    const client = clients[transport] as Client
    expect(client.status).toBe('ready')
    expect(await client.loadBalancedView().map((x: number) => x + 1, [1, 2, 3])).toEqual([2, 3, 4])
  }
  const ended = (connection: Connection) =>
    new Promise<Frame[][]>((resolve) => {
      const heard: Frame[][] = []
      connection.open({ onMessage: (frames) => heard.push([...frames]), onClose: () => resolve(heard) })
    })
  const offer = (connection: Connection, ownKey: Uint8Array) =>
    offerHandshake(connection, {
      role: 'client',
      key: ownKey,
      clock: systemClock,
      details: { session: 'stranger00' },
      sends: clientToController,
      receives: controllerToClient,
      welcome: clientWelcome,
    })

  it('someone without the key is refused', async () => {
    const before = lineCount()
    const connection = await dial()
    connection.send([new TextEncoder().encode('let me in')])
    await ended(connection)
    await eventually(() => linesSince(before).some((line) => /was refused: .*\[YM_PROTOCOL\]/.test(line)))
    await goesOn()
  })

  it('someone with an old key is refused, and no key is told to anybody', async () => {
    const before = lineCount()
    await expect(Client.connect(address(), { key: oldKey })).rejects.toMatchObject({ code: 'YM_AUTHENTICATION' })
    await eventually(() => linesSince(before).some((line) => line.includes('[YM_')))
    const texts = [key, oldKey].flatMap((one) => [
      Buffer.from(one).toString('base64url'),
      Buffer.from(one).toString('hex'),
    ])
    for (const line of logs[transport] ?? []) for (const text of texts) expect(line).not.toContain(text)
    await goesOn()
  })

  it('a recorded handshake is of no use to who replays it', async () => {
    const sent: Frame[][] = []
    const { link } = await offer(recorded(await dial(), sent), key)
    await link.close()
    const [hello, proof] = sent
    const before = lineCount()
    const connection = await dial()
    const heard = ended(connection)
    connection.send(hello as Frame[])
    connection.send(proof as Frame[])
    const answers = (await heard).map((frames) => Buffer.concat(frames).toString('latin1'))
    expect(answers.some((text) => text.includes('challenge'))).toBe(true)
    expect(answers.some((text) => text.includes('welcome'))).toBe(false)
    expect(answers.at(-1)).toContain('YM_AUTHENTICATION')
    await eventually(() => linesSince(before).some((line) => line.includes('[YM_AUTHENTICATION]')))
    await goesOn()
  })

  it('a first message that is too large ends the connection', async () => {
    const before = lineCount()
    const connection = await dial()
    connection.send([new Uint8Array(4 * 2 ** 20)])
    await ended(connection)
    await eventually(() => linesSince(before).some((line) => /before it proved who it is/.test(line)))
    await goesOn()
  })

  it('a crowd of silent connections keeps nobody out', { timeout: 60_000 }, async () => {
    // A ZeroMQ socket takes several file descriptors.
    const crowd = await Promise.all(Array.from({ length: transport === 'zeromq' ? 200 : 1_000 }, dial))
    const before = lineCount()
    const client = await Client.connect(address(), { key })
    expect(await client.loadBalancedView().apply(() => 'in')).toBe('in')
    await client.close()
    await Promise.all(crowd.map(ended))
    await eventually(() => linesSince(before).some((line) => /more were refused within/.test(line)))
    expect(logs[transport]?.some((line) => /have not proved who they are, and it is the oldest/.test(line))).toBe(true)
    expect(linesSince(before).length).toBeLessThan(100)
    await goesOn()
  })

  it('a connection that says nothing the transport understands is ended', { timeout: 60_000 }, async () => {
    const { hostname, port } = new URL(address().replace('tcp:', 'ws:'))
    const open = (first: string) =>
      new Promise<Socket>((resolve) => {
        const socket = connectTcp(Number(port), hostname, () => {
          socket.write(first)
          resolve(socket)
        })
      })
    // What is no greeting of its own ZeroMQ takes for one of its first version, and waits.
    const firsts = transport === 'zeromq' ? [''] : ['', 'GET / HT', 'GET / HTTP/1.1\r\nhost: x\r\n', 'nonsense\r\n\r\n']
    const sockets = await Promise.all(firsts.map(open))
    await Promise.all(
      sockets.map((socket) => {
        socket.on('error', () => {})
        socket.resume()
        return socket.closed ? undefined : new Promise((resolve) => socket.once('close', resolve))
      }),
    )
    await goesOn()
  })
})

describe('web pages', () => {
  const visit = (origin: string) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(clusters.websocket?.addresses[0] as string, { origin })
      socket.once('open', () => {
        resolve('open')
        socket.terminate()
      })
      socket.once('error', (error) => resolve(error.message))
    })

  it('connect only from an origin that is allowed', async () => {
    expect(await visit('https://friend.example')).toBe('open')
    expect(await visit('https://foreign.example')).toContain('403')
    expect(logs.websocket?.at(-1)).toMatch(/was refused: it is a web page of https:\/\/foreign\.example/)
  })
})
