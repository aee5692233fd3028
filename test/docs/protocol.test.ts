import { readFileSync } from 'node:fs'
import type { TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { encode } from '../../core/codec.ts'
import { answerHandshake, offerHandshake } from '../../core/handshake.ts'
import * as messages from '../../core/messages.ts'
import { Payload } from '../../core/payload.ts'
import { elementTypes, extension } from '../../core/wire-format.ts'
import { kinds } from '../../transports/blocks.ts'
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

const routes = {
  clientToController: messages.clientToController,
  controllerToClient: messages.controllerToClient,
  controllerToEngine: messages.controllerToEngine,
  engineToController: messages.engineToController,
  engineHello: messages.engineHello,
  engineWelcome: messages.engineWelcome,
  clientHello: messages.clientHello,
  clientWelcome: messages.clientWelcome,
}

test.for(Object.entries(routes))('the page names every message and field of %s', ([, schema]) => {
  const names = [...new Set(namesIn(schema))].filter((name) => name !== 'type' && name !== 'kind')
  expect(names.length).toBeGreaterThan(0)
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
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

test('the handshake gives the proofs of the vector', async () => {
  const text = /```json protocol-vector\n(.*?)```/s.exec(page)?.[1] as string
  const vector = JSON.parse(text) as Record<string, string>
  const bytes = (name: string) => new Uint8Array(Buffer.from(vector[name] as string, 'hex'))
  const seen: Uint8Array[] = []
  const transport = memoryTransport({ serialize: true })
  const { engineHello: details, engineWelcome: welcome, controllerToEngine, engineToController } = messages
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

test('a header is a MessagePack map, and a small payload stands in it as the page says', () => {
  const [header, ...frames] = encode({ type: 'pong', sequence: 7 })
  expect(frames).toEqual([])
  expect(Buffer.from(header as Uint8Array).toString('latin1')).toBe('\x82\xa4type\xa4pong\xa8sequence\x07')
  const [withPayload] = encode({ value: new Payload([new Uint8Array([0xc3])]) })
  expect(Buffer.from(withPayload as Uint8Array).toString('latin1')).toBe('\x81\xa5value\xd4P\xc3')
})
