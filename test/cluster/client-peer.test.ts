import { expect, it } from 'vitest'
import { ClientPeer } from '../../cluster/client-peer.ts'
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
