import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { decoder } from '../../core/codec.ts'
import { CloneError, ProtocolError } from '../../core/errors.ts'
import { offerHandshake } from '../../core/handshake.ts'
import { Inbox } from '../../core/inbox.ts'
import { Link } from '../../core/link.ts'
import { decodeValue, encodeValue, type Payload, PayloadSchema } from '../../core/payload.ts'
import type { Connection, ConnectionHandlers } from '../../core/transport.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { type MemoryOptions, memoryTransport } from '../../transports/memory.ts'

const note = Type.Object({ type: Type.Literal('note'), n: Type.Integer(), value: Type.Optional(PayloadSchema) })
type Note = { type: 'note'; n: number; value?: Payload }

/** A connection to another process on which nothing happens. */
const silent: Connection = {
  supports: { objects: false, transfer: false, noticesDeath: true },
  peer: 'nobody',
  bufferedBytes: 0,
  open: () => {},
  send: () => true,
  close: async () => {},
  abort: () => {},
}

async function connections(options: MemoryOptions = {}): Promise<[Connection, Connection]> {
  const transport = memoryTransport(options)
  const far = new Promise<Connection>((resolve) => void transport.listen('memory:x', resolve))
  return [await transport.connect('memory:x'), await far]
}

describe.each([false, true])('a link, serialized: %s', (serialize) => {
  test('carries messages, and closes', async () => {
    const [near, far] = await connections({ serialize })
    const seen: unknown[] = []
    const receiver = new Link<Note, Note>(far, decoder(note))
    const closed = new Promise((resolve) => {
      receiver.open({ onMessage: ({ n, value }) => seen.push([n, value && decodeValue(value)]), onClose: resolve })
    })
    const sender = new Link<Note, Note>(near, decoder(note))
    sender.open({ onMessage: () => {}, onClose: () => {} })
    expect(sender.send({ type: 'note', n: 1 })).toBe(true)
    sender.send({ type: 'note', n: 2, value: encodeValue({ a: [1] }) })
    await sender.close()
    expect(await closed).toBeUndefined()
    expect(seen).toEqual([
      [1, undefined],
      [2, { a: [1] }],
    ])
  })

  test('large buffers are the receiver’s own', async () => {
    const [near, far] = await connections({ serialize })
    const large = new Uint8Array(10_000)
    const sender = new Link<Note, Note>(near, decoder(note))
    const received = new Promise<Uint8Array>((resolve) => {
      const onMessage = ({ value }: Note) => resolve(decodeValue(value as Payload) as Uint8Array)
      new Link<Note, Note>(far, decoder(note)).open({ onMessage, onClose: () => {} })
    })
    sender.send({ type: 'note', n: 1, value: encodeValue(large) })
    ;(await received)[0] = 1
    expect(large[0]).toBe(0)
  })

  test('passes objects only where nothing is serialized', async () => {
    const [near] = await connections({ serialize })
    expect(near.supports.objects).toBe(!serialize)
    expect(near.pass === undefined).toBe(serialize)
  })
})

test('a message that does not decode ends the connection with a ProtocolError; none after it is delivered', async () => {
  const [near, far] = await connections()
  const seen: unknown[] = []
  const closes: unknown[] = []
  const closed = new Promise((resolve) => {
    new Link<Note, Note>(far, decoder(note)).open({
      onMessage: (message) => seen.push(message),
      onClose: (error) => {
        closes.push(error)
        resolve(error)
      },
    })
  })
  near.send([new Uint8Array([0x80])])
  near.send([new Uint8Array([0x81, 0xa1])])
  expect(await closed).toBeInstanceOf(ProtocolError)
  expect(seen).toEqual([])
  expect(closes).toHaveLength(1)
})

test('shared memory to another process is a CloneError with advice, and the link goes on', async () => {
  const sent: unknown[] = []
  const elsewhere: Connection = { ...silent, peer: 'ws://elsewhere', send: (frames) => sent.push(frames) > 0 }
  const link = new Link<Note, Note>(elsewhere, decoder(note))
  const value = encodeValue(new Int32Array(new SharedArrayBuffer(8)))
  expect(() => link.send({ type: 'note', n: 1, value })).toThrow(CloneError)
  expect(() => link.send({ type: 'note', n: 1, value })).toThrow(/ws:\/\/elsewhere.*threads/)
  expect(link.send({ type: 'note', n: 2, value: encodeValue(new Int32Array(5000)) })).toBe(true)
  expect(sent).toHaveLength(1)
})

test('an inbox hands over from listener to listener, and loses nothing, the end included', async () => {
  const [near, far] = await connections()
  const inbox = new Inbox(far)
  const first: unknown[] = []
  const second: unknown[] = []
  for (let n = 0; n < 10; n += 1) near.pass?.({ n })
  await near.close()
  inbox.listen({
    onArrival: (arrival) => {
      first.push(arrival)
      if (first.length === 3) inbox.pause()
    },
    onClose: () => first.push('closed'),
  })
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(first).toHaveLength(3)
  await new Promise<void>((resolve) => {
    inbox.listen({ onArrival: (arrival) => second.push(arrival), onClose: () => resolve(void second.push('closed')) })
  })
  expect([...first, ...second]).toEqual([...Array.from({ length: 10 }, (_, n) => ({ object: { n } })), 'closed'])
})

test('what arrives while others still wait comes after them', async () => {
  const given: ConnectionHandlers[] = []
  const inbox = new Inbox({ ...silent, open: (handlers) => void given.push(handlers) })
  const seen: unknown[] = []
  given[0]?.onObject?.(1)
  inbox.listen({ onArrival: (arrival) => seen.push(arrival), onClose: () => {} })
  given[0]?.onObject?.(2)
  await Promise.resolve()
  expect(seen).toEqual([{ object: 1 }, { object: 2 }])
})

test('a handshake waits on the clock that it is given', async () => {
  const [near, far] = await connections()
  far.open({ onMessage: () => {}, onClose: () => {} })
  const clock = new VirtualClock()
  const schemas = { sends: note, receives: note, welcome: Type.Unknown() }
  const handshake = offerHandshake(near, { key: new Uint8Array(32), clock, role: 'r', details: {}, ...schemas })
  const error = handshake.catch((reason: unknown) => reason)
  clock.advance(4_999)
  expect(await Promise.race([error, Promise.resolve('waiting')])).toBe('waiting')
  clock.advance(1)
  expect(await error).toMatchObject({ code: 'YM_UNREACHABLE', message: expect.stringContaining('5000 ms') })
  clock.advance(1_000)
  expect(clock.next).toBeUndefined()
})

test('a handshake refuses a key of the wrong length', async () => {
  const [near] = await connections()
  const schemas = { sends: note, receives: note, welcome: Type.Unknown() }
  const options = { key: new Uint8Array(31), clock: new VirtualClock(), role: 'r', details: {}, ...schemas }
  await expect(offerHandshake(near, options)).rejects.toMatchObject({ code: 'YM_AUTHENTICATION' })
})
