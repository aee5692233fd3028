import { expect, it } from 'vitest'
import { ClientPeer } from '../../cluster/client-peer.ts'
import { Printed } from '../../cluster/printed.ts'
import { replyWithFault } from '../../cluster/reply.ts'
import { decoder } from '../../core/codec.ts'
import type { TaskId } from '../../core/ids.ts'
import { Link } from '../../core/link.ts'
import { type ControllerToClient, clientToController, type Reply } from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import type { Connection } from '../../core/transport.ts'

function setUp({ room = Number.POSITIVE_INFINITY, bytesMax = 1_000_000 } = {}) {
  const sent: ControllerToClient[] = []
  let left = room
  const connection: Connection = {
    supports: { objects: true, transfer: true, noticesDeath: true },
    peer: 'test',
    bufferedBytes: 0,
    open() {},
    send: () => false,
    pass(message) {
      sent.push(message as ControllerToClient)
      left -= 1
      return left > 0
    },
    async close() {},
    abort() {},
  }
  const link = new Link<ControllerToClient, never>(connection, decoder(clientToController) as never)
  const capacity = { shared: false, bytesMax, batchBytesMax: bytesMax }
  const peer = new ClientPeer('session' as ClientPeer['session'], link, capacity)
  const replied = () =>
    sent.flatMap((message) => (message.type === 'replies' ? message.replies.map(({ id }) => id) : []))
  return {
    peer,
    sent,
    replied,
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
