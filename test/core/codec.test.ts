import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { decoder, encode } from '../../core/codec.ts'
import { CloneError, ProtocolError } from '../../core/errors.ts'
import { clientToController, controllerToEngine } from '../../core/messages.ts'
import { decodeValue, encodeValue, Payload, PayloadSchema } from '../../core/payload.ts'
import type { Frame } from '../../core/transport.ts'

const schema = Type.Union([
  Type.Object({ type: Type.Literal('one'), n: Type.Integer({ minimum: 0 }), payload: Type.Optional(PayloadSchema) }),
  Type.Object({ type: Type.Literal('many'), payloads: Type.Array(PayloadSchema), note: Type.Optional(Type.String()) }),
])
const decode = decoder(schema)

describe('messages', () => {
  test('come back as they were', () => {
    const message = { type: 'tasks', tasks: [] as object[], functions: [] }
    for (let i = 0; i < 100; i += 1) {
      message.tasks.push({ id: `s.${i}`, attempt: 0, function: 'h', call: 'once', args: encodeValue([i, 'x']) })
    }
    const frames = encode(message)
    expect(frames).toHaveLength(1)
    const back = decoder(controllerToEngine)(frames)
    expect(back).toMatchObject({ type: 'tasks', functions: [] })
    const args = back.type === 'tasks' ? back.tasks.map((task) => decodeValue(task.args)) : []
    expect(args).toEqual(Array.from({ length: 100 }, (_, i) => [i, 'x']))
  })

  test('fields that are undefined are left out', () => {
    const back = decode(encode({ type: 'one', n: 1, payload: undefined }))
    expect(Object.keys(back)).toEqual(['type', 'n'])
  })

  test('small payloads stand in the header, uncopied; others in frames of their own, uncopied', () => {
    const small = encodeValue('x'.repeat(4000))
    const large = encodeValue('y'.repeat(5000))
    const buffers = encodeValue([new Uint8Array(5000), new Float64Array(5000)])
    const frames = encode({ type: 'many', payloads: [small, large, buffers, small] })
    expect(frames).toHaveLength(1 + 1 + 3)
    expect(frames[1]).toBe(large.frames[0])
    expect(frames[4]).toBe(buffers.frames[2])
    const back = decode(frames)
    if (back.type !== 'many') throw new Error('another message')
    expect(back.payloads[0]?.frames[0]?.buffer).toBe(frames[0]?.buffer)
    expect(back.payloads[1]?.frames[0]).toBe(frames[1])
    expect(back.payloads.map((payload) => decodeValue(payload))).toEqual([
      'x'.repeat(4000),
      'y'.repeat(5000),
      [new Uint8Array(5000), new Float64Array(5000)],
      'x'.repeat(4000),
    ])
  })

  test('a payload is passed on unread: broken ones too', () => {
    const broken = new Payload([new Uint8Array([0xc1, 0xc1])])
    const back = decode(encode({ type: 'one', n: 0, payload: broken }))
    expect(back.type === 'one' && [...(back.payload?.frames[0] ?? [])]).toEqual([0xc1, 0xc1])
  })

  test('the same object twice is written twice; a cycle and a function are refused', () => {
    const ids = ['a']
    expect(
      decoder(Type.Object({ x: Type.Array(Type.String()), y: Type.Array(Type.String()) }))(encode({ x: ids, y: ids })),
    ).toEqual({
      x: ['a'],
      y: ['a'],
    })
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(() => encode(cycle)).toThrow(CloneError)
    expect(() => encode({ f: () => 1 })).toThrow(CloneError)
    expect(decode(encode({ type: 'one', n: 3 }))).toEqual({ type: 'one', n: 3 })
  })
})

describe('what is wrong is a ProtocolError that names it', () => {
  test.each<[string, object, string]>([
    ['an unknown type', { type: 'three' }, 'Unknown message type: "three"'],
    ['no type', { n: 1 }, 'Unknown message type: a undefined'],
    ['an inherited name as type', { type: 'constructor' }, 'Unknown message type: "constructor"'],
    ['a field of another kind', { type: 'one', n: 'x' }, 'one.n must be integer'],
    ['a value out of range', { type: 'one', n: -1 }, 'one.n'],
    ['a missing field', { type: 'one' }, 'one must have required properties n'],
    [
      'bytes where a payload is due',
      { type: 'one', n: 1, payload: new Uint8Array(3) },
      'one.payload must be a payload',
    ],
    ['something deep inside', { type: 'many', payloads: [encodeValue(1), 5] }, 'many.payloads.1 must be a payload'],
  ])('%s', (_, message, text) => {
    expect(() => decode(encode(message))).toThrow(ProtocolError)
    expect(() => decode(encode(message))).toThrow(text)
  })

  const heads: [string, Frame[]][] = [
    ['no frames', []],
    ['an empty header', [new Uint8Array(0)]],
    ['a list', [Uint8Array.from([0x90])]],
    ['a huge map', [Uint8Array.from([0xdf, 0xff, 0xff, 0xff, 0xff])]],
    ['deep nesting', [new Uint8Array(100_000).fill(0x91)]],
    // Without the field it would be a message.
    ['__proto__', encode(JSON.parse('{"type":"one","n":1,"__proto__":{"polluted":true}}'))],
    ['a payload of missing frames', [Uint8Array.from([0x81, 0xa1, 0x78, 0xd7, 0x51, 0, 0, 0, 1, 0, 0, 0, 1])]],
    [
      'a payload of endless frames',
      [Uint8Array.from([0x81, 0xa1, 0x78, 0xd7, 0x51, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])],
    ],
    ['the header as a payload', [Uint8Array.from([0x81, 0xa1, 0x78, 0xd7, 0x51, 0, 0, 0, 0, 0, 0, 0, 1])]],
    ['a payload of no frames', [Uint8Array.from([0x81, 0xa1, 0x78, 0xd7, 0x51, 0, 0, 0, 1, 0, 0, 0, 0])]],
  ]
  test.each(heads)('%s', (_, frames) => {
    expect(() => decode(frames)).toThrow(ProtocolError)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('any bytes, and any change of good ones', () => {
    const decodeClient = decoder(clientToController)
    const task = {
      id: 's.1',
      function: 'h',
      call: 'each',
      args: encodeValue([[1], { a: 'b' }]),
      priority: 1.5,
      targets: [0],
    }
    const good = encode({ type: 'submit', tasks: [task], functions: [] })[0] as Frame
    const check = (frame: Frame) => {
      try {
        decodeClient([frame])
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), check), { numRuns: 3000 })
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const changed = good.slice()
        changed[at] = byte
        check(changed)
      }),
      { numRuns: 5000 },
    )
  })
})
