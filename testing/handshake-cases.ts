import assert from 'node:assert/strict'
import Type from 'typebox'
import { systemClock } from '../core/clock.ts'
import { decoder } from '../core/codec.ts'
import {
  AuthenticationError,
  ConfigurationError,
  ProtocolError,
  TimeoutError,
  UnreachableError,
  VersionError,
} from '../core/errors.ts'
import { answerHandshake, offerHandshake } from '../core/handshake.ts'
import { type HandshakeMessage, handshakeMessages, protocolName } from '../core/handshake-messages.ts'
import { Link } from '../core/link.ts'
import { protocolVersion } from '../core/messages.ts'
import { encodeValue, PayloadSchema } from '../core/payload.ts'
import type { Connection } from '../core/transport.ts'
import { connectedPair, type TransportUnderTest } from './transport-pair.ts'

type Case = (under: TransportUnderTest) => Promise<void>

const message = Type.Object({ type: Type.Literal('note'), n: Type.Integer(), value: Type.Optional(PayloadSchema) })
const key = new Uint8Array(32).fill(1)
const otherKey = new Uint8Array(32).fill(2)

const offer = {
  key,
  clock: systemClock,
  role: 'writer',
  details: { name: 'w' },
  sends: message,
  receives: message,
  welcome: Type.Object({ place: Type.Integer() }),
}
const answer = {
  key,
  clock: systemClock,
  roles: { writer: { sends: message, receives: message, details: Type.Object({ name: Type.String() }) } },
  admit: (): object => ({ place: 7 }),
}

const settled = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

/** Both sides of a handshake: what each was rejected with, if it was. */
async function both(
  under: TransportUnderTest,
  offered: { key?: Uint8Array; role?: string; details?: unknown },
  answered: Partial<typeof answer>,
): Promise<unknown[]> {
  const pair = await connectedPair(under)
  const errors = await Promise.all([
    settled(offerHandshake(pair.near, { ...offer, ...offered })),
    settled(answerHandshake(pair.far, { ...answer, ...answered })),
  ])
  await pair.end()
  return errors
}

/** One side that speaks the handshake by hand. */
function byHand(connection: Connection): Link<HandshakeMessage, HandshakeMessage> {
  return new Link(connection, decoder(handshakeMessages))
}

const hello: HandshakeMessage = {
  type: 'hello',
  protocol: protocolName,
  version: protocolVersion,
  role: 'writer',
  nonce: new Uint8Array(32),
  details: { name: 'x' },
}

/** What must hold of the handshake over any transport. */
export const handshakeCases = {
  'the handshake lets in who holds the key, and loses nothing that comes right behind it': async (under) => {
    const pair = await connectedPair(under)
    const [offered, answered] = await Promise.all([
      offerHandshake(pair.near, offer).then((result) => {
        for (let n = 0; n < 100; n += 1) result.link.send({ type: 'note', n, value: encodeValue([n]) })
        return result
      }),
      answerHandshake(pair.far, answer).then((result) => {
        for (let n = 0; n < 100; n += 1) result.link.send({ type: 'note', n })
        return result
      }),
    ])
    assert.deepEqual(offered.welcome, { place: 7 })
    assert.deepEqual([answered.role, answered.details], ['writer', { name: 'w' }])
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const { link } of [offered, answered]) {
      const seen: number[] = []
      await new Promise<void>((resolve) => {
        link.open({ onMessage: ({ n }) => seen.push(n) === 100 && resolve(), onClose: () => {} })
      })
      assert.deepEqual(
        seen,
        Array.from({ length: 100 }, (_, n) => n),
      )
    }
    await offered.link.close()
    await pair.end()
  },

  'another key is an AuthenticationError on both sides, and no message holds a key': async (under) => {
    const errors = await both(under, { key: otherKey }, {})
    for (const error of errors) {
      assert.ok(error instanceof AuthenticationError, String(error))
      for (const bytes of [key, otherKey]) {
        const { message, details, stack } = error
        const text = JSON.stringify({ message, details, stack })
        for (const form of ['hex', 'base64', 'base64url'] as const) {
          assert.ok(!text.includes(Buffer.from(bytes).toString(form)))
        }
      }
    }
  },

  'a proof that is wrong is an AuthenticationError': async (under) => {
    const pair = await connectedPair(under)
    const rejected = settled(answerHandshake(pair.far, answer))
    const link = byHand(pair.near)
    const answers: HandshakeMessage[] = []
    const closed = new Promise((resolve) => link.open({ onMessage: (m) => answers.push(m), onClose: resolve }))
    link.send(hello)
    link.send({ type: 'proof', proof: new Uint8Array(32) })
    assert.ok((await rejected) instanceof AuthenticationError)
    await closed
    assert.deepEqual(
      answers.map((m) => (m.type === 'refused' ? m.fault.code : m.type)),
      ['challenge', 'YM_AUTHENTICATION'],
    )
    await pair.end()
  },

  'a listener that cannot prove itself is an AuthenticationError, even if it lets anybody in': async (under) => {
    const pair = await connectedPair(under)
    const rejected = settled(offerHandshake(pair.near, offer))
    const listener = byHand(pair.far)
    const challenge = {
      type: 'challenge',
      version: protocolVersion,
      nonce: new Uint8Array(32),
      proof: new Uint8Array(32),
    } as const
    const heard: string[] = []
    const closed = new Promise((resolve) => {
      listener.open({ onMessage: ({ type }) => heard.push(type), onClose: resolve })
      listener.send(challenge)
      listener.send({ type: 'welcome', details: { place: 1 } })
    })
    assert.ok((await rejected) instanceof AuthenticationError)
    await closed
    assert.deepEqual(heard, ['hello', 'refused'])
    await pair.end()
  },

  'another version is a VersionError on both sides': async (under) => {
    const first = await connectedPair(under)
    const rejected = settled(answerHandshake(first.far, answer))
    const link = byHand(first.near)
    const refusal = new Promise<HandshakeMessage>((resolve) => link.open({ onMessage: resolve, onClose: () => {} }))
    link.send({ ...hello, version: 99 })
    const error = await rejected
    assert.ok(error instanceof VersionError && error.message.includes('99'), String(error))
    const told = await refusal
    assert.equal(told.type === 'refused' && told.fault.code, 'YM_VERSION')
    await first.end()

    const second = await connectedPair(under)
    const offered = settled(offerHandshake(second.near, offer))
    const listener = byHand(second.far)
    const challenge: HandshakeMessage = {
      type: 'challenge',
      version: 99,
      nonce: new Uint8Array(32),
      proof: new Uint8Array(32),
    }
    const refused = new Promise<HandshakeMessage>((resolve) => {
      listener.open({
        onMessage: (m) => (m.type === 'hello' ? listener.send(challenge) : resolve(m)),
        onClose: () => {},
      })
    })
    assert.ok((await offered) instanceof VersionError)
    const heard = await refused
    assert.equal(heard.type === 'refused' && heard.fault.code, 'YM_VERSION')
    await second.end()
  },

  'a refusal reaches the other side with its code': async (under) => {
    const refuse = () => {
      throw new ConfigurationError('the house is full')
    }
    const [offered, answered] = await both(under, {}, { admit: refuse })
    assert.ok(offered instanceof ConfigurationError && offered.message.includes('the house is full'), String(offered))
    assert.ok(answered instanceof ConfigurationError)
  },

  'an unknown role, and details of the wrong form, are a ProtocolError on both sides': async (under) => {
    for (const wrong of [{ role: 'reader' }, { details: { name: 5 } }]) {
      for (const error of await both(under, wrong, {})) assert.ok(error instanceof ProtocolError, String(error))
    }
  },

  'any message before the handshake is a ProtocolError, and is not delivered': async (under) => {
    const pair = await connectedPair(under)
    const rejected = settled(answerHandshake(pair.far, answer))
    const link = new Link<{ type: 'note'; n: number }, HandshakeMessage>(pair.near, decoder(handshakeMessages))
    const closed = new Promise((resolve) => link.open({ onMessage: () => {}, onClose: resolve }))
    link.send({ type: 'note', n: 1 })
    assert.ok((await rejected) instanceof ProtocolError)
    await closed
    await pair.end()
  },

  'a handshake message over 64 kB is a ProtocolError': async (under) => {
    const errors = await both(under, { details: { name: 'x'.repeat(70_000) } }, {})
    assert.ok(errors[1] instanceof ProtocolError, String(errors[1]))
    assert.ok(errors[0] instanceof Error)
  },

  'malformed bytes end a handshake, and later a link, with a ProtocolError': async (under) => {
    const first = await connectedPair(under)
    const rejected = settled(answerHandshake(first.far, answer))
    first.near.open({ onMessage: () => {}, onClose: () => {} })
    first.near.send([new Uint8Array([0xc1, 0xff])])
    assert.ok((await rejected) instanceof ProtocolError)
    await first.end()

    const second = await connectedPair(under)
    const [, answered] = await Promise.all([offerHandshake(second.near, offer), answerHandshake(second.far, answer)])
    let delivered = 0
    const closed = new Promise((resolve) => {
      answered.link.open({
        onMessage: () => {
          delivered += 1
        },
        onClose: resolve,
      })
    })
    second.near.send([new Uint8Array([0x81])])
    second.near.send([new Uint8Array([0x80])])
    assert.ok((await closed) instanceof ProtocolError)
    assert.equal(delivered, 0)
    await second.end()
  },

  'a peer that says nothing is an error within the time limit, on either side': async (under) => {
    const first = await connectedPair(under)
    first.near.open({ onMessage: () => {}, onClose: () => {} })
    assert.ok((await settled(answerHandshake(first.far, { ...answer, timeoutMs: 30 }))) instanceof TimeoutError)
    await first.end()
    const second = await connectedPair(under)
    second.far.open({ onMessage: () => {}, onClose: () => {} })
    assert.ok((await settled(offerHandshake(second.near, { ...offer, timeoutMs: 30 }))) instanceof UnreachableError)
    await second.end()
  },

  'a peer that ends during the handshake is an UnreachableError': async (under) => {
    const pair = await connectedPair(under)
    pair.far.open({ onMessage: () => pair.far.abort(), onObject: () => pair.far.abort(), onClose: () => {} })
    assert.ok((await settled(offerHandshake(pair.near, offer))) instanceof UnreachableError)
    await pair.end()
  },
} satisfies Record<string, Case>
