import { describe, expect, it } from 'vitest'
import { ClientPeer } from '../../cluster/client-peer.ts'
import { Owed } from '../../cluster/owed-replies.ts'
import { Printed } from '../../cluster/printed.ts'
import { replyWithFault, shutDown } from '../../cluster/reply.ts'
import { decoder } from '../../core/codec.ts'
import type { LimitError } from '../../core/errors.ts'
import type { TaskId } from '../../core/ids.ts'
import { Link } from '../../core/link.ts'
import { type ControllerToClient, clientToController, type Reply } from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import type { TaskNews } from '../../core/task-news.ts'
import type { Connection } from '../../core/transport.ts'

const engine = { id: 0, name: 'engine', pid: 1, host: 'here', kind: 'inline' }

interface SetUp {
  /** In messages. */
  readonly room?: number
  readonly bytesMax?: number
  readonly unsentBytesMax?: number
  /** What records say. */
  readonly records?: Pick<ReadonlyMap<string, Owed>, 'get'>
}

function setUp({ room = Number.POSITIVE_INFINITY, bytesMax = 1_000_000, unsentBytesMax = 1e9, records }: SetUp = {}) {
  const sent: ControllerToClient[] = []
  const overflows: LimitError[] = []
  const lookedUp: string[] = []
  let left = room
  let bufferedBytes = 0
  const connection: Connection = {
    supports: { objects: true, transfer: true, noticesDeath: true },
    peer: 'test',
    get bufferedBytes() {
      return bufferedBytes
    },
    open() {},
    send: () => false,
    pass(message) {
      sent.push(message as ControllerToClient)
      bufferedBytes += 1_000
      left -= 1
      return left > 0
    },
    async close() {},
    abort: () => expect.fail('the link is cut'),
  }
  const link = new Link<ControllerToClient, never>(connection, decoder(clientToController) as never)
  const capacity = { shared: false, bytesMax, batchBytesMax: bytesMax }
  const peer = new ClientPeer({
    session: 'session' as ClientPeer['session'],
    link,
    capacity,
    unsentBytesMax,
    now: 0,
    engines: () => [engine],
    lookUp: (id) => {
      lookedUp.push(id)
      return records?.get(id) ?? expect.fail(`there is no record of ${id}`)
    },
    onOverflow: (error) => overflows.push(error),
  })
  const replies = () => sent.flatMap((message) => (message.type === 'replies' ? message.replies : []))
  const news = () => sent.flatMap((message) => (message.type === 'news' ? message.news : []))
  return {
    peer,
    sent,
    replies,
    replied: () => replies().map(({ id }) => id),
    news,
    overflows,
    lookedUp,
    drain(messages: number) {
      left = messages
      peer.resume()
    },
  }
}

const reply = (id: string, bytes: number): Reply => ({
  ...replyWithFault(id as TaskId, { code: 'YM_INTERNAL', message: '' }, 0),
  status: 'succeeded',
  output: encodeValue(new Uint8Array(bytes)),
})

it('replies wait while the link is full, and keep their order', () => {
  const { peer, replied, drain } = setUp({ room: 2 })
  const ids = ['a', 'b', 'c', 'd', 'e']
  for (const id of ids) peer.reply(reply(id, 900_000))
  peer.flush()
  expect(replied()).toEqual(['a', 'b'])
  peer.flush()
  expect(replied()).toEqual(['a', 'b'])
  drain(1)
  peer.reply(reply('f', 10))
  expect(replied()).toEqual(['a', 'b', 'c'])
  drain(10)
  expect(replied()).toEqual([...ids, 'f'])
})

it('what a client is owed leaves before the goodbye, however full the link is', async () => {
  const { peer, replied, sent } = setUp({ room: 1 })
  for (const id of ['a', 'b', 'c']) peer.reply(reply(id, 900_000))
  peer.flush()
  await peer.close('the end')
  expect(replied()).toEqual(['a', 'b', 'c'])
  expect(sent.at(-1)).toEqual({ type: 'goodbye', reason: 'the end' })
})

it('a result that the link cannot carry is told as an error, and news are left out', () => {
  const { peer, sent } = setUp({ bytesMax: 100_000 })
  const shared = encodeValue(new Uint8Array(new SharedArrayBuffer(8_192)))
  peer.reply(reply('large', 200_000))
  peer.reply({ ...reply('shared', 1), output: shared })
  peer.news({ kind: 'emit', id: 'large' as TaskId, value: shared })
  peer.flush()
  expect(sent).toMatchObject([
    {
      type: 'replies',
      replies: [
        { id: 'large', status: 'failed', fault: { code: 'YM_MESSAGE_TOO_LARGE' } },
        { id: 'shared', status: 'failed', fault: { code: 'YM_CLONE' } },
      ],
    },
  ])
})

it('output waits with its task while the link is full, and is all there before the reply', () => {
  const { peer, sent, replied, drain } = setUp({ room: 1 })
  const id = 'a' as TaskId
  const printed = new Printed(1)
  const heard = () =>
    sent.flatMap((message) =>
      message.type === 'news' ? message.news.map((news) => (news.kind === 'output' ? news.text : '')) : [],
    )
  const print = (text: string) => {
    printed.add({ kind: 'output', id, attempt: 1, index: printed.pieces.length, stream: 'stdout', text })
    peer.printed(id, printed)
    peer.flush()
  }
  for (const text of ['1', '2', '3']) print(text)
  expect(heard()).toEqual(['1'])
  drain(1)
  expect(heard()).toEqual(['1', '2', '3'])
  print('4')
  peer.reply(reply('a', 10), printed)
  drain(5)
  expect([heard(), replied()]).toEqual([['1', '2', '3', '4'], ['a']])
  // Somebody else, who heard nothing of it; and what a further attempt printed.
  peer.reply(reply('a', 10), printed)
  peer.flush()
  const again = new Printed(2)
  again.add({ kind: 'output', id, attempt: 2, index: 0, stream: 'stdout', text: 'anew' })
  peer.printed(id, again)
  peer.flush()
  expect(heard().slice(4)).toEqual(['1', '2', '3', '4', 'anew'])
})

it('the controller keeps pieces in their order, and no more than the bound', () => {
  const printed = new Printed(1)
  const piece = (index: number, text: string) =>
    printed.add({ kind: 'output', id: 'a' as TaskId, attempt: 1, index, stream: 'stdout', text })
  expect([piece(0, 'a'), piece(0, 'a'), piece(2, 'c'), piece(1, 'b')]).toEqual([true, false, false, true])
  expect(piece(2, 'x'.repeat(5_000_000))).toBe(false)
  expect(printed.pieces.map(({ text }) => text)).toEqual(['a', 'b'])
})

describe('a client that takes nothing', () => {
  const everyone = { get: (id: string) => new Owed(reply(id, 1_000), undefined) }
  const emit = (id: string, value: unknown) =>
    ({ kind: 'emit', id: id as TaskId, value: encodeValue(value) }) satisfies TaskNews
  const names = (count: number) => Array.from({ length: count }, (_, i) => `t.${i}`)

  it('is owed results with their bytes up to half of the bound, then by name, each once and in order', () => {
    const records = new Map(names(20).map((id) => [id, new Owed(reply(id, 10_000), undefined)]))
    records.set('t.15', new Owed(replyWithFault('t.15' as TaskId, { code: 'YM_PURGED', message: '' }, 0), undefined))
    const { peer, replies, replied, lookedUp, overflows, drain } = setUp({ room: 1, unsentBytesMax: 120_000, records })
    for (const id of names(10)) peer.reply(reply(id, 10_000))
    peer.flush()
    // One message may be larger than any bound.
    expect(replied()).toEqual(names(10))
    for (const id of names(20).slice(10)) {
      peer.reply(reply(id, 10_000))
      peer.flush()
    }
    expect([lookedUp, overflows]).toEqual([[], []])
    drain(100)
    expect(replied()).toEqual(names(20))
    expect(lookedUp).toEqual(names(20).slice(15))
    expect(replies().findIndex(({ fault }) => fault?.code === 'YM_PURGED')).toBe(15)
  })

  it('of one turn that brings too much, the last results become names', () => {
    const records = new Map(names(100).map((id) => [id, new Owed(reply(id, 50_000), undefined)]))
    const { peer, replied, lookedUp, drain } = setUp({ room: 1, bytesMax: 110_000, unsentBytesMax: 1_000_000, records })
    for (const id of names(100)) peer.reply(reply(id, 50_000))
    peer.flush()
    const sentAtOnce = replied().length
    expect(sentAtOnce).toBe(2)
    drain(1_000)
    expect(replied()).toEqual(names(100))
    // One that is about to be sent, 9 in the half of a million, and those that were sent.
    expect(lookedUp).toEqual(names(100).slice(sentAtOnce + 1 + 9))
  })

  it('hears the output of what is looked up before its end, whole', () => {
    const printed = new Printed(1)
    const id = 't.1' as TaskId
    const records = new Map([[id as string, new Owed(reply(id, 10), printed)]])
    const { peer, news, sent, drain } = setUp({ room: 1, unsentBytesMax: 1_200, records })
    const print = (text: string) => {
      printed.add({ kind: 'output', id, attempt: 1, index: printed.pieces.length, stream: 'stdout', text })
      peer.printed(id, printed)
    }
    print('a')
    peer.flush()
    print('b'.repeat(1_000))
    peer.reply(reply(id, 10), printed)
    peer.flush()
    drain(100)
    const texts = news().map((piece) => piece.kind === 'output' && piece.text[0])
    // What was heard before is passed over by who hears it.
    expect(texts).toEqual(['a', 'a', 'b'])
    expect(sent.at(-1)?.type).toBe('replies')
  })

  it('hears of each task’s progress the last word, and how many of its values were left out', () => {
    const { peer, news, replies, drain } = setUp({ room: 1, unsentBytesMax: 40_000 })
    const id = 't.1' as TaskId
    peer.news(emit(id, 0))
    peer.flush()
    for (let i = 1; i <= 1_000; i += 1) {
      peer.news(emit(id, i))
      peer.news({ kind: 'progress', id, done: i })
      peer.begun({ id: `u.${i}` as TaskId, attempt: 1, engine: 0 })
      peer.flush()
    }
    drain(100)
    const kept = news().filter(({ kind }) => kind === 'emit').length
    expect(kept).toBeGreaterThan(10)
    expect(kept).toBeLessThan(200)
    expect(news().filter(({ kind }) => kind === 'progress')).toEqual([{ kind: 'progress', id, done: 1_000 }])
    peer.reply(reply(id, 1))
    peer.reply(reply('t.2', 1))
    peer.flush()
    expect(replies()).toMatchObject([{ emitsDropped: 1_001 - kept }, {}])
    expect(replies()[1]).not.toHaveProperty('emitsDropped')
  })

  it.each([
    ['names', (peer: ClientPeer, i: number) => peer.reply(reply(`t.${i}`, 1_000))],
    ['faults', (peer: ClientPeer, i: number) => peer.reply(replyWithFault(`t.${i}` as TaskId, shutDown, 0))],
    [
      'parts',
      (peer: ClientPeer, i: number) => void peer.parts({ ...emit('t', ''), kind: 'parts', from: i, values: [] }),
    ],
    ['answers', (peer: ClientPeer, i: number) => peer.tell({ type: 'answer', request: i })],
    ['news of engines', (peer: ClientPeer) => peer.tell({ type: 'engines', joined: [], left: [] })],
  ])('is given what waits, when %s are more than the bound, and then is to ask again for the rest', (_, add) => {
    const { peer, overflows, sent, drain } = setUp({ room: 1, unsentBytesMax: 100_000, records: everyone })
    peer.tell({ type: 'pong', sequence: 1 })
    let i = 0
    for (; overflows.length === 0 && i < 10_000; i += 1) {
      add(peer, i)
      peer.flush()
    }
    expect(overflows).toMatchObject([{ code: 'YM_LIMIT', details: { limit: 'unsentBytesMax', client: 'session' } }])
    expect(i).toBeGreaterThan(90)
    for (let more = 0; more < 100; more += 1) {
      add(peer, i + more)
      peer.flush()
    }
    drain(10_000)
    const given = sent.reduce((count, message) => {
      if (message.type === 'replies') return count + message.replies.length
      return count + (message.type === 'news' ? message.news.length : 1)
    }, 0)
    expect([given, overflows.length]).toEqual([1 + i + 1, 1])
    expect(sent.at(-1)).toEqual({ type: 'again', engines: [engine] })
    // From here on all is as before.
    peer.reply(reply('after', 1))
    peer.flush()
    expect(sent.at(-1)).toMatchObject({ type: 'replies', replies: [{ id: 'after' }] })
  })

  it('learns that all is accepted when it has been told of what is not', () => {
    const { peer, sent, drain } = setUp({ room: 1 })
    peer.tell({ type: 'pong', sequence: 1 })
    peer.reply(replyWithFault('t.1' as TaskId, shutDown, 0))
    peer.answerLast(7)
    peer.flush()
    peer.tell({ type: 'answer', request: 8, value: 'passes' })
    drain(10)
    expect(sent.map((message) => (message.type === 'answer' ? message.request : message.type))).toEqual([
      'pong',
      8,
      'replies',
      7,
    ])
  })

  it('is told no beats, which nobody would need', () => {
    const { peer, sent, drain } = setUp({ room: 1 })
    peer.tell({ type: 'pong', sequence: 1 })
    for (let i = 0; i < 100; i += 1) peer.beat()
    expect(sent).toHaveLength(1)
    drain(10)
    expect(sent).toHaveLength(1)
  })

  it('has all it is owed, looked up where need be, when the controller takes its leave', async () => {
    const records = new Map(names(20).map((id) => [id, new Owed(reply(id, 10_000), undefined)]))
    const { peer, replied, sent } = setUp({ room: 1, unsentBytesMax: 100_000, records })
    peer.tell({ type: 'pong', sequence: 1 })
    for (const id of names(20)) peer.reply(reply(id, 10_000))
    peer.flush()
    await peer.close('the end')
    expect([replied(), sent.at(-1)?.type]).toEqual([names(20), 'goodbye'])
  })
})
