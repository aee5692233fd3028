import { expect, test } from 'vitest'
import { ClientPeer } from '../../cluster/client-peer.ts'
import { EnginePeer } from '../../cluster/engine-peer.ts'
import { StreamRoutes } from '../../cluster/stream-routes.ts'
import { capacityOf, noLimit } from '../../core/capacity.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import { encodeValue } from '../../core/payload.ts'
import type { Pull } from '../../core/stream-messages.ts'
import { everything } from '../../core/stream-window.ts'
import type { TaskRecord } from '../../scheduler/task.ts'
import { engineInfo } from '../views/fake-controller.ts'

const id = 'reader.1' as TaskId
const reader = 'reader' as SessionId

/** One task, at engine 0, whose reader is there or not. */
function setUp() {
  const pulled: Pull[] = []
  const state = { client: undefined as ClientPeer | undefined, endedAt: Number.NaN }
  const link = { send: (message: { streams: Pull[] }) => pulled.push(...message.streams) > 0 }
  const engines = [0, 1].map((number) => new EnginePeer(engineInfo(number), link as never, noLimit, 0))
  const task = {
    id,
    client: reader,
    engine: 0,
    get endedAt() {
      return state.endedAt
    },
  } as TaskRecord
  const failed: string[] = []
  const routes = new StreamRoutes({
    task: (wanted) => (wanted === id ? task : undefined),
    client: () => state.client,
    engine: (number) => engines[number],
    hasMore: (peer) => peer instanceof EnginePeer && peer.flush(0),
    fail: (_client, _id, error) => failed.push(error.code),
  })
  const parts = (from: number, ...values: unknown[]) => {
    return { kind: 'parts' as const, id, from, values: values.map((value) => encodeValue(value)) }
  }
  const [engine, other] = engines as [EnginePeer, EnginePeer]
  return { routes, pulled, state, engine, other, parts, failed }
}

/** A client whose link takes messages of 65,536 bytes and a thousand. */
function narrowClient(): { client: ClientPeer; sent: unknown[] } {
  const sent: unknown[] = []
  const supports = { objects: false, transfer: false, noticesDeath: true }
  const link = { send: (message: unknown) => sent.push(message) > 0, connection: { supports } }
  const client = new ClientPeer({
    session: reader,
    link: link as never,
    capacity: capacityOf(link.connection as never, 66_536),
    unsentBytesMax: 1_000_000,
    now: 0,
    engines: () => [],
    lookUp: () => expect.fail('nothing is looked up'),
    onOverflow: () => expect.fail('nothing waits'),
  })
  return { client, sent }
}

test('a lost reader is waited for, for a minute, and then no more', () => {
  const { routes, pulled, engine, parts } = setUp()
  const given = { id, heard: everything, upTo: everything }
  routes.readerLost(reader, 1_000)
  routes.parts(engine, parts(0, 'a'))
  routes.check(61_000)
  expect(pulled).toEqual([])
  routes.check(61_001)
  expect(pulled).toEqual([given])
  // Its further attempts, too.
  routes.parts(engine, parts(0, 'a'))
  expect(pulled).toEqual([given, given])
})

test('one that comes back in time keeps its stream', () => {
  const { routes, pulled, engine, parts } = setUp()
  routes.readerLost(reader, 1_000)
  routes.parts(engine, parts(0, 'a'))
  routes.readerCame(reader)
  routes.check(1_000_000)
  expect(pulled).toEqual([])
})

test('nobody pulls another’s stream, nor one that has ended; no parts come from where the task is not', () => {
  const { routes, pulled, state, other, parts } = setUp()
  const { client, sent } = narrowClient()
  state.client = client
  routes.pull([{ id, heard: 0, upTo: 70 }], 'thief' as SessionId)
  routes.parts(other, parts(0, 'a'))
  routes.askReader(client, [id])
  client.flush()
  expect([pulled, sent]).toEqual([[], []])
  routes.pull([{ id, heard: 0, upTo: 70 }], reader)
  state.endedAt = 1
  routes.pull([{ id, heard: 0, upTo: 80 }], reader)
  expect(pulled).toEqual([{ id, heard: 0, upTo: 70 }])
})

test('parts that are too much together travel alone; one that is too large by itself ends the stream', () => {
  const { routes, state, engine, parts, failed } = setUp()
  const { client, sent } = narrowClient()
  state.client = client
  routes.parts(engine, parts(0, 'x'.repeat(700), 'y'.repeat(700)))
  client.flush()
  expect(failed).toEqual([])
  const froms = sent.flatMap((message) => (message as { news: { from: number }[] }).news.map(({ from }) => from))
  expect(froms).toEqual([0, 1])
  routes.parts(engine, parts(2, 'x', 'y'.repeat(2_000)))
  expect(failed).toEqual(['YM_MESSAGE_TOO_LARGE'])
})
