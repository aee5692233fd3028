import assert from 'node:assert/strict'
import {
  AddressError,
  AddressInUseError,
  ConnectionLostError,
  MessageTooLargeError,
  ProtocolError,
  UnreachableError,
} from '../core/errors.ts'
import {
  connectedPair,
  laterTurn,
  listening,
  numbered,
  numberIn,
  Recorder,
  type TransportUnderTest,
} from './transport-pair.ts'

type Case = (under: TransportUnderTest) => Promise<void>

function isLost(error: Error | undefined): void {
  assert.ok(error instanceof ConnectionLostError, `onClose got ${error}, and it should be a ConnectionLostError`)
}

/** What must hold of addresses, beginnings and ends. */
export const endCases = {
  'close delivers what was accepted, then tells both sides, without an error': async (under) => {
    const pair = await connectedPair(under)
    const near = new Recorder(pair.near)
    const far = new Recorder(pair.far)
    for (let i = 0; i < 10_000; i += 1) pair.near.send([numbered(i)])
    pair.near.send([numbered(10_000), new Uint8Array(8 * 2 ** 20)])
    await pair.near.close()
    assert.equal(await far.closed, undefined)
    assert.equal(await near.closed, undefined)
    assert.equal(far.messages.length, 10_001)
    await pair.near.close()
    await pair.far.close()
    await pair.listener.close()
    assert.deepEqual([near.closes, far.closes], [1, 1])
  },

  'a close loses nothing of what the other side had sent, and both may close at once': async (under) => {
    const pair = await connectedPair(under)
    const near = new Recorder(pair.near)
    const far = new Recorder(pair.far)
    for (let i = 0; i < 1000; i += 1) {
      pair.near.send([numbered(i)])
      pair.far.send([numbered(i)])
    }
    await Promise.all([pair.near.close(), pair.far.close()])
    assert.deepEqual([await near.closed, await far.closed], [undefined, undefined])
    assert.deepEqual([near.messages.length, far.messages.length], [1000, 1000])
    await pair.listener.close()
  },

  'after its end a connection sends nothing, and takes it without an error': async (under) => {
    const pair = await connectedPair(under)
    const far = new Recorder(pair.far)
    new Recorder(pair.near)
    void pair.near.close()
    assert.equal(pair.near.send([numbered(1)]), false)
    await far.closed
    assert.equal(pair.far.send([numbered(2)]), false)
    assert.equal(pair.near.bufferedBytes, 0)
    pair.near.abort()
    pair.far.abort()
    await pair.listener.close()
    assert.equal(far.messages.length, 0)
    assert.equal(far.closes, 1)
  },

  'abort tells this side its reason, and the other an error': async (under) => {
    for (const side of ['near', 'far'] as const) {
      const pair = await connectedPair(under)
      const here = new Recorder(side === 'near' ? pair.near : pair.far)
      const there = new Recorder(side === 'near' ? pair.far : pair.near)
      there.connection.send([numbered(0)])
      await here.until(() => here.messages.length === 1)
      const reason = new ProtocolError('nonsense')
      here.connection.abort(reason)
      assert.equal(await here.closed, reason)
      isLost(await there.closed)
      await laterTurn()
      assert.deepEqual([here.closes, there.closes], [1, 1])
      await pair.end()
    }
  },

  'a message over the receiver’s limit ends the connection with a MessageTooLargeError': async (under) => {
    const pair = await connectedPair(under, { far: { messageBytesMax: 100_000 } })
    const near = new Recorder(pair.near)
    const far = new Recorder(pair.far)
    pair.near.send([numbered(0), new Uint8Array(99_996)])
    pair.near.send([numbered(1), new Uint8Array(100_000)])
    pair.near.send([numbered(2)])
    const error = await far.closed
    assert.ok(error instanceof MessageTooLargeError, String(error))
    assert.match(error.message, /100000/)
    assert.ok((await near.closed) instanceof Error)
    assert.deepEqual(
      far.messages.map((frames) => numberIn(frames.slice(0, 1))),
      [0],
    )
    await pair.end()
  },

  'a message far over the receiver’s limit ends the connection with an error on both sides': async (under) => {
    const pair = await connectedPair(under, { far: { messageBytesMax: 100_000 } })
    const near = new Recorder(pair.near)
    const far = new Recorder(pair.far)
    pair.near.send([new Uint8Array(8 * 2 ** 20)])
    assert.ok((await far.closed) instanceof Error)
    assert.ok((await near.closed) instanceof Error)
    assert.equal(far.messages.length, 0)
    await pair.end()
  },

  'a message over the sender’s own limit ends the connection before it leaves': async (under) => {
    const pair = await connectedPair(under, { near: { messageBytesMax: 1000 } })
    const near = new Recorder(pair.near)
    const far = new Recorder(pair.far)
    assert.equal(pair.near.send([new Uint8Array(1001)]), false)
    assert.ok((await near.closed) instanceof MessageTooLargeError)
    assert.ok((await far.closed) instanceof Error)
    assert.equal(far.messages.length, 0)
    await pair.end()
  },

  'small messages that together exceed the limit are no large message': async (under) => {
    const pair = await connectedPair(under, { near: { messageBytesMax: 1000 }, far: { messageBytesMax: 1000 } })
    const far = new Recorder(pair.far)
    for (let i = 0; i < 10_000; i += 1) pair.near.send([new Uint8Array(1000)])
    await far.until(() => far.messages.length === 10_000)
    await pair.end()
  },

  'the end of the peer’s process is an error here, and other peers go on': async (under) => {
    const { listener, next } = await listening(under.transport, under.address())
    assert.ok(under.startEcho, 'setup gives no startEcho: give one, or name this case in exceptions')
    const [process, far] = await Promise.all([under.startEcho(listener.address), next()])
    const doomed = new Recorder(far)
    const [near, other] = await Promise.all([under.transport.connect(listener.address), next()])
    const survivor = new Recorder(other)
    for (let i = 0; i < 100; i += 1) far.send([numbered(i)])
    await doomed.until(() => doomed.messages.length === 100)
    process.kill()
    isLost(await doomed.closed)
    near.send([numbered(1)])
    await survivor.until(() => survivor.messages.length === 1)
    assert.equal(survivor.closes, 0)
    near.abort()
    await survivor.closed
    await listener.close()
  },

  'a process that is killed amid traffic is noticed, and what it had echoed is in order': async (under) => {
    const { listener, next } = await listening(under.transport, under.address())
    assert.ok(under.startEcho, 'setup gives no startEcho: give one, or name this case in exceptions')
    const [process, far] = await Promise.all([under.startEcho(listener.address), next()])
    const doomed = new Recorder(far)
    let sent = 0
    while (doomed.closes === 0 && sent < 1_000_000) {
      far.send([numbered(sent)])
      sent += 1
      if (sent === 20_000) process.kill()
      if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    isLost(await doomed.closed)
    assert.equal(
      doomed.messages.findIndex((frames, i) => numberIn(frames) !== i),
      -1,
    )
    await listener.close()
  },

  'an address can be listened at again, and its peers connect again': async (under) => {
    let at = under.address()
    for (let round = 0; round < 3; round += 1) {
      const pair = await connectedPair(under, { at })
      at = pair.listener.address
      const far = new Recorder(pair.far)
      pair.near.send([numbered(round)])
      await far.until(() => far.messages.length === 1)
      if (round === 0) pair.near.abort()
      else await pair.near.close()
      await far.closed
      await pair.listener.close()
    }
  },

  'connecting again to the same listener gives a fresh connection': async (under) => {
    const { listener, next } = await listening(under.transport, under.address())
    for (let round = 0; round < 5; round += 1) {
      const [near, accepted] = await Promise.all([under.transport.connect(listener.address), next()])
      const far = new Recorder(accepted)
      near.send([numbered(round)])
      await far.until(() => far.messages.length === 1)
      assert.equal(numberIn(far.messages[0] ?? []), round)
      if (round % 2) near.abort()
      else await near.close()
      await far.closed
    }
    await listener.close()
  },

  'a listener that has closed keeps its connections and takes no new ones': async (under) => {
    const pair = await connectedPair(under)
    const far = new Recorder(pair.far)
    const closing = pair.listener.close()
    await laterTurn()
    pair.near.send([numbered(1)])
    await far.until(() => far.messages.length === 1)
    await assert.rejects(under.transport.connect(pair.listener.address, { connectTimeoutMs: 1_000 }), UnreachableError)
    await pair.near.close()
    await far.closed
    await closing
  },

  'connecting where nobody listens is an UnreachableError that names the address': async (under) => {
    const { listener } = await listening(under.transport, under.address())
    const { address } = listener
    await listener.close()
    await assert.rejects(under.transport.connect(address, { connectTimeoutMs: 2_000 }), (error: unknown) => {
      assert.ok(error instanceof UnreachableError, String(error))
      assert.ok(error.message.includes(address), error.message)
      return true
    })
  },

  'listening where somebody listens is an AddressInUseError, and disturbs nobody': async (under) => {
    const pair = await connectedPair(under)
    await assert.rejects(
      under.transport.listen(pair.listener.address, () => {}),
      AddressInUseError,
    )
    const far = new Recorder(pair.far)
    pair.near.send([numbered(1)])
    await far.until(() => far.messages.length === 1)
    await pair.end()
  },

  'a malformed address is an AddressError': async (under) => {
    const bad = `${under.transport.schemes[0]}:`
    await assert.rejects(
      under.transport.listen(bad, () => {}),
      AddressError,
    )
    await assert.rejects(under.transport.connect(bad), AddressError)
  },

  'nonsense on the wire ends nothing but its own connection': async (under) => {
    const pair = await connectedPair(under)
    assert.ok(under.sendNonsense, 'setup gives no sendNonsense: give one, or name this case in exceptions')
    await under.sendNonsense(pair.listener.address)
    const far = new Recorder(pair.far)
    pair.near.send([numbered(1)])
    await far.until(() => far.messages.length === 1)
    await pair.end()
  },

  'nothing is left behind': async (under) => {
    const before = resources()
    for (let round = 0; round < 3; round += 1) {
      const pair = await connectedPair(under)
      const far = new Recorder(pair.far)
      const near = new Recorder(pair.near)
      pair.near.send([numbered(1), new Uint8Array(100_000)])
      await far.until(() => far.messages.length === 1)
      if (round === 1) pair.far.abort()
      else await pair.far.close()
      await Promise.all([near.closed, far.closed])
      await pair.listener.close()
    }
    // Handles are freed a little later; what never is ends this test by its time limit.
    while (resources() > before) await laterTurn()
  },
} satisfies Record<string, Case>

/** How many things keep this process alive, but for timers, which come and go with the test itself. */
function resources(): number {
  const passing = ['Timeout', 'Immediate', 'CloseReq']
  return process.getActiveResourcesInfo().filter((name) => !passing.includes(name)).length
}
