import assert from 'node:assert/strict'
import type { Frame } from '../core/transport.ts'
import { connectedPair, listening, numbered, numberIn, Recorder, type TransportUnderTest } from './transport-pair.ts'

type Case = (under: TransportUnderTest) => Promise<void>

const count = 100_000
const megabyte = 2 ** 20

function pattern(length: number, seed: number): Frame {
  const frame = new Uint8Array(length)
  for (let i = 0; i < length; i += 1) frame[i] = (i * 31 + (i >> 8) + seed) & 0xff
  return frame
}

function isSame(a: Frame | undefined, b: Frame): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

/** What must hold of messages while a connection is open. */
export const messageCases = {
  'every one of 100,000 small messages arrives once, in order, both ways at the same time': async (under) => {
    const pair = await connectedPair(under)
    const sides = [new Recorder(pair.near), new Recorder(pair.far)] as const
    for (let i = 0; i < count; i += 1) {
      for (const { connection } of sides) connection.send([numbered(i)])
      if (i % 997 === 0) await Promise.resolve()
      if (i % 9973 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const side of sides) {
      await side.until(() => side.messages.length >= count)
      assert.equal(
        side.messages.findIndex((frames, i) => numberIn(frames) !== i),
        -1,
      )
      assert.equal(side.messages.length, count)
    }
    await pair.end()
  },

  'messages of no frame, of an empty frame, and of many frames keep their form': async (under) => {
    const pair = await connectedPair(under)
    const far = new Recorder(pair.far)
    const forms = [
      [],
      [0],
      [0, 0, 1],
      [1, 0],
      [17_000, 0, 1],
      [1, 16_385, 3, 70_001, 5, 16_384],
      new Array(1000).fill(9),
    ]
    for (const lengths of forms) pair.near.send(lengths.map((length, i) => pattern(length, i)))
    await far.until(() => far.messages.length === forms.length)
    forms.forEach((lengths, i) => {
      assert.deepEqual(
        far.messages[i]?.map(({ length }) => length),
        lengths,
      )
      for (const [j, length] of lengths.entries()) assert.ok(isSame(far.messages[i]?.[j], pattern(length, j)))
    })
    await pair.end()
  },

  'a frame of 64 MB arrives whole, between small ones, both ways': async (under) => {
    const pair = await connectedPair(under)
    const large = pattern(64 * megabyte, 7)
    const sides = [new Recorder(pair.near), new Recorder(pair.far)] as const
    for (const { connection } of sides) {
      connection.send([numbered(0)])
      connection.send([numbered(1), large.slice(), pattern(33, 1), large.slice(0, 100_001)])
      connection.send([numbered(2)])
    }
    for (const side of sides) {
      await side.until(() => side.messages.length === 3)
      assert.deepEqual(side.messages.map(numberIn), [0, 1, 2])
      const [, first, second, third] = side.messages[1] ?? []
      assert.ok(isSame(first, large))
      assert.ok(isSame(second, pattern(33, 1)))
      assert.ok(isSame(third, large.slice(0, 100_001)))
    }
    await pair.end()
  },

  'frames are plain Uint8Arrays, and the sender keeps its own': async (under) => {
    const pair = await connectedPair(under)
    const far = new Recorder(pair.far)
    const sent = [pattern(3, 0), pattern(100_000, 0)]
    pair.near.send(sent)
    await far.until(() => far.messages.length === 1)
    assert.deepEqual(
      sent.map(({ length }) => length),
      [3, 100_000],
    )
    for (const frame of far.messages[0] ?? []) assert.equal(frame.constructor, Uint8Array)
    await pair.end()
  },

  'no handler is called inside send or open': async (under) => {
    const pair = await connectedPair(under)
    let isInside = false
    const guarded = (frames: readonly Frame[]) =>
      assert.equal(isInside, false, `message ${numberIn(frames)} came too early`)
    pair.near.send([numbered(0)])
    isInside = true
    const far = new Recorder(pair.far, guarded)
    isInside = false
    const near = new Recorder(pair.near, guarded)
    isInside = true
    for (let i = 1; i < 100; i += 1) pair.near.send([numbered(i)])
    isInside = false
    await far.until(() => far.messages.length === 100)
    assert.equal(near.messages.length, 0)
    await pair.end()
  },

  'what arrives before there are handlers waits for them': async (under) => {
    const pair = await connectedPair(under)
    for (let i = 0; i < 1000; i += 1) pair.near.send([numbered(i)])
    const closing = pair.near.close()
    new Recorder(pair.near)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const far = new Recorder(pair.far)
    assert.equal(await far.closed, undefined)
    assert.equal(far.messages.length, 1000)
    assert.equal(
      far.messages.findIndex((frames, i) => numberIn(frames) !== i),
      -1,
    )
    await closing
    await pair.end()
  },

  'two peers do not see each other’s messages': async (under) => {
    const { listener, next } = await listening(under.transport, under.address())
    const peers: { near: Recorder; far: Recorder }[] = []
    for (let i = 0; i < 2; i += 1) {
      const [near, far] = await Promise.all([under.transport.connect(listener.address), next()])
      peers.push({ near: new Recorder(near), far: new Recorder(far) })
    }
    peers.forEach(({ near, far }, who) => {
      for (let i = 0; i < 100; i += 1) {
        near.connection.send([numbered(who * 1000 + i)])
        far.connection.send([numbered(who * 1000 + 500 + i)])
      }
    })
    for (const [who, { near, far }] of peers.entries()) {
      await near.until(() => near.messages.length === 100)
      await far.until(() => far.messages.length === 100)
      assert.deepEqual(
        far.messages.map(numberIn),
        Array.from({ length: 100 }, (_, i) => who * 1000 + i),
      )
      assert.deepEqual(
        near.messages.map(numberIn),
        Array.from({ length: 100 }, (_, i) => who * 1000 + 500 + i),
      )
    }
    peers[0]?.near.connection.abort()
    await peers[0]?.far.closed
    peers[1]?.near.connection.send([numbered(7)])
    await peers[1]?.far.until(() => peers[1]?.far.messages.length === 101)
    assert.equal(peers[1]?.far.closes, 0)
    peers[1]?.near.connection.abort()
    await peers[1]?.far.closed
    await listener.close()
  },

  'who obeys back-pressure never has more under way than the limit and one message, and loses nothing': async (
    under,
  ) => {
    const bufferBytesMax = 2 * megabyte
    const pair = await connectedPair(under, { near: { bufferBytesMax } })
    const near = new Recorder(pair.near)
    const far = new Recorder(pair.far)
    const size = 100_000
    let refusals = 0
    for (let i = 0; i < 500; i += 1) {
      const drains = near.drains
      const hasRoom = pair.near.send([numbered(i), new Uint8Array(size)])
      assert.ok(
        pair.near.bufferedBytes <= bufferBytesMax + size + 100,
        `${pair.near.bufferedBytes} bytes are under way`,
      )
      if (hasRoom) continue
      refusals += 1
      await near.until(() => near.drains > drains)
      assert.ok(pair.near.bufferedBytes <= bufferBytesMax / 2)
    }
    await far.until(() => far.messages.length === 500)
    assert.ok(refusals >= 5, `send answered false ${refusals} times`)
    assert.equal(near.drains, refusals)
    assert.deepEqual(
      far.messages.map((frames) => numberIn(frames.slice(0, 1))),
      Array.from({ length: 500 }, (_, i) => i),
    )
    await pair.end()
  },

  'who does not obey back-pressure loses nothing either': async (under) => {
    const pair = await connectedPair(under, { near: { bufferBytesMax: 1000 } })
    const far = new Recorder(pair.far)
    for (let i = 0; i < 1000; i += 1) pair.near.send([numbered(i), new Uint8Array(20_000)])
    assert.ok(pair.near.bufferedBytes > 1000)
    await far.until(() => far.messages.length === 1000)
    await pair.end()
  },

  'objects are passed as they are, in order with frames': async (under) => {
    const pair = await connectedPair(under)
    assert.ok(pair.near.pass)
    const order: unknown[] = []
    pair.far.open({
      onMessage: (frames) => order.push(numberIn(frames)),
      onObject: (object) => order.push(object),
      onClose: () => order.push('closed'),
    })
    const object = { map: new Map() }
    pair.near.send([numbered(1)])
    pair.near.pass(object)
    pair.near.send([numbered(2)])
    assert.deepEqual(order, [])
    await pair.near.close()
    await Promise.resolve()
    assert.deepEqual(order, [1, object, 2, 'closed'])
    assert.equal(order[1], object)
    await pair.end()
  },

  'shared buffers stay shared, and buffers to transfer leave the sender': async (under) => {
    const pair = await connectedPair(under)
    const far = new Recorder(pair.far)
    const shared: Frame = new Uint8Array(new SharedArrayBuffer(64))
    const moved = pattern(megabyte, 3)
    pair.near.send([numbered(0), shared, moved], { transfer: [moved.buffer as ArrayBuffer] })
    await far.until(() => far.messages.length === 1)
    const [, sharedThere, movedThere] = far.messages[0] ?? []
    shared[0] = 42
    assert.equal(sharedThere?.[0], 42)
    assert.ok(isSame(movedThere, pattern(megabyte, 3)))
    await pair.end()
  },
} satisfies Record<string, Case>
