import { readFileSync } from 'node:fs'
import type { TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import * as admission from '../../core/admission-messages.ts'
import { systemClock } from '../../core/clock.ts'
import { decoder, encode } from '../../core/codec.ts'
import { answerHandshake, offerHandshake } from '../../core/handshake.ts'
import { handshakeMessages } from '../../core/handshake-messages.ts'
import * as messages from '../../core/messages.ts'
import { decodeValue, encodeValue, Payload } from '../../core/payload.ts'
import { elementTypes, extension } from '../../core/wire-format.ts'
import { kinds, packBlocks } from '../../transports/blocks.ts'
import { memoryTransport } from '../../transports/memory.ts'

const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')

/** Every name that a schema gives to a field, and every word that a field may be. */
function namesIn(schema: TSchema): string[] {
  const {
    properties,
    anyOf,
    items,
    const: word,
  } = schema as {
    properties?: Record<string, TSchema>
    anyOf?: TSchema[]
    items?: TSchema
    const?: unknown
  }
  return [
    ...(typeof word === 'string' ? [word] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, inner]) => [name, ...namesIn(inner)]),
    ...(anyOf ?? []).flatMap(namesIn),
    ...(items ? namesIn(items) : []),
  ]
}

/** The text under a heading. */
function part(number: number): string {
  return page.slice(page.indexOf(`\n## ${number}. `), page.indexOf(`\n## ${number + 1}. `))
}

/** Each with the part of the page that tells of it. What the routes have in common stands in the first of them. */
const routes: [string, TSchema, number][] = [
  ['the handshake', handshakeMessages, 3],
  ['engineHello', admission.engineHello, 3],
  ['engineWelcome', admission.engineWelcome, 3],
  ['clientHello', admission.clientHello, 3],
  ['clientWelcome', admission.clientWelcome, 3],
  ['controllerToEngine', messages.controllerToEngine, 4],
  ['engineToController', messages.engineToController, 4],
  ['clientToController', messages.clientToController, 5],
  ['controllerToClient', messages.controllerToClient, 5],
]

test.for(routes)('the page names every message and field of %s, where they belong', ([, schema, number]) => {
  const names = [...new Set(namesIn(schema))].filter((name) => name !== 'type' && name !== 'kind')
  expect(names.length).toBeGreaterThan(0)
  const text = number === 5 ? part(4) + part(5) : part(number)
  expect(names.filter((name) => !new RegExp(`\`${name}[\`:]`).test(text))).toEqual([])
})

test.for(routes.slice(-4))('a table has a row for every message of %s, and no other', ([name, schema, number]) => {
  const { anyOf } = schema as { anyOf?: { properties: { type: { const: string } } }[] }
  const isSent = name.endsWith('Controller')
  const tables = [...part(number).matchAll(/^\| message (from|to) the .*\n(?:\|.*\n)*/gm)]
  const table = tables.find((match) => match[1] === (isSent ? 'from' : 'to'))?.[0] ?? ''
  const rows = [...table.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1])
  expect(rows).toEqual(anyOf?.map(({ properties }) => properties.type.const))
})

describe('the tables', () => {
  test('list every extension type with its number', () => {
    const rows = [...page.matchAll(/^\| [^|]*?(0x[0-9a-f]{2})[^|]*\|/gm)].map((match) => Number(match[1]))
    expect(rows).toEqual(Object.values(extension))
  })

  test('list every element type with its number', () => {
    for (const [number, { name }] of elementTypes.entries())
      expect(page).toMatch(new RegExp(`\\b${number}\\s${name}\\b`))
  })

  test('list every kind of block with its number', () => {
    const rows = [...page.matchAll(/^\| ([1-9]) +\| (\w+)/gm)].map((match) => [match[2], Number(match[1])])
    const { messagesWithReceipt, ...others } = kinds
    expect(rows.filter(([, number]) => number !== messagesWithReceipt)).toEqual(Object.entries(others))
    expect(page).toMatch(new RegExp(`^\\| ${messagesWithReceipt} +\\| messages, with receipt +\\|`, 'm'))
  })
})

/** An example of the page. */
function example<T>(name: string): T {
  return JSON.parse(new RegExp(`\`\`\`json ${name}\\n(.*?)\`\`\``, 's').exec(page)?.[1] as string) as T
}

const plain = (hex: string) => hex.replaceAll(' ', '')
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('a message travels in the block that the page shows', () => {
  const shown = example<string[]>('protocol-block').map(plain).join('')
  const [block] = packBlocks([{ frames: encode({ type: 'pong', sequence: 7 }), bytes: 0 }], false)
  expect(hexOf(block?.head as Uint8Array)).toBe(shown)
})

test.for(Object.entries(example<Record<string, string>>('protocol-values')))(
  '%s is written as shown',
  ([text, hex]) => {
    const value: unknown = new Function(`return ${text}`)()
    const payload = encodeValue(value)
    expect(payload.frames.map(hexOf)).toEqual([plain(hex)])
    expect(decodeValue(new Payload([Buffer.from(plain(hex), 'hex')]))).toEqual(value)
  },
)

test('the handshake gives the proofs of the vector', async () => {
  const vector = example<Record<string, string>>('protocol-vector')
  const bytes = (name: string) => new Uint8Array(Buffer.from(vector[name] as string, 'hex'))
  const seen: Uint8Array[] = []
  const transport = memoryTransport({ serialize: true })
  const { engineHello: details, engineWelcome: welcome } = admission
  const { controllerToEngine, engineToController } = messages
  const common = { key: bytes('key'), clock: systemClock }
  let answered: Promise<unknown> | undefined
  const listener = await transport.listen('memory:vector', (connection) => {
    const send = connection.send.bind(connection)
    connection.send = (frames, options) => {
      seen.push(...frames)
      return send(frames, options)
    }
    answered = answerHandshake(connection, {
      ...common,
      nonce: () => bytes('controllerNonce'),
      roles: { engine: { sends: controllerToEngine, receives: engineToController, details } },
      admit: () => ({ engine: 0, heartbeatMs: 1 }),
    })
  })
  const connection = await transport.connect('memory:vector')
  const send = connection.send.bind(connection)
  connection.send = (frames, options) => {
    seen.push(...frames)
    return send(frames, options)
  }
  await offerHandshake(connection, {
    ...common,
    nonce: () => bytes('newcomerNonce'),
    role: vector.role as string,
    details: { name: 'n', pid: 1, host: 'h', kind: 'k' },
    sends: engineToController,
    receives: controllerToEngine,
    welcome,
  })
  await answered
  const sent = Buffer.concat(seen).toString('hex')
  expect(sent).toContain(vector.challengeProof)
  expect(sent).toContain(vector.newcomerProof)
  connection.abort()
  await listener.close()
})

test('unknown fields are ignored, unknown messages are not', () => {
  const decode = decoder(messages.engineToController)
  expect(decode(encode({ type: 'pong', sequence: 7, more: 1 }))).toMatchObject({ type: 'pong', sequence: 7 })
  expect(() => decode(encode({ type: 'pang', sequence: 7 }))).toThrow(expect.objectContaining({ code: 'YM_PROTOCOL' }))
})

test('a header is a MessagePack map, and a small payload stands in it as the page says', () => {
  const [header, ...frames] = encode({ type: 'pong', sequence: 7 })
  expect(frames).toEqual([])
  expect(Buffer.from(header as Uint8Array).toString('latin1')).toBe('\x82\xa4type\xa4pong\xa8sequence\x07')
  const [withPayload] = encode({ value: new Payload([new Uint8Array([0xc3])]) })
  expect(Buffer.from(withPayload as Uint8Array).toString('latin1')).toBe('\x81\xa5value\xd4P\xc3')
})
