import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CloneError, ProtocolError, UnreachableError } from '../../core/errors.ts'
import { decodeValue, encodeValue, Payload } from '../../core/payload.ts'

/** As a wire would deliver it: other memory, at an alignment of its own choosing. */
function overTheWire(payload: Payload, offset = 8): Payload {
  return new Payload(
    payload.frames.map((frame) => {
      if ((frame.buffer as ArrayBufferLike) instanceof SharedArrayBuffer) return frame
      const received = new Uint8Array(new ArrayBuffer(frame.length + offset), offset)
      received.set(frame)
      return received
    }),
  )
}

const copy = <T>(value: T): T => decodeValue(overTheWire(encodeValue(value))) as T

describe('values come back as structuredClone gives them', () => {
  test.each<[string, unknown]>([
    ['small integers', [0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, -1, -32, -33, -128, -32768, -2147483648]],
    ['numbers beyond 32 bits', [2 ** 32, 2 ** 53, -(2 ** 31) - 1, 1.5, 5e-324, Number.MAX_VALUE]],
    ['special numbers', [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['undefined and null', [undefined, null, { a: undefined }]],
    ['bigints', [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 2n ** 64n, -(2n ** 64n), 3n ** 999n, -(3n ** 999n)]],
    ['strings', ['', 'a', 'é', '漢字', '😀', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(64), '漢'.repeat(30_000)]],
    ['broken surrogates', ['\ud800', 'ab\udc00c', `${'x'.repeat(100)}\ud800`]],
    ['dates', [new Date(0), new Date(-1), new Date(1_700_000_000_123), new Date(Number.NaN)]],
    ['regular expressions', [/a[/]b/giu, /x/]],
    ['maps and sets', [new Map<unknown, unknown>([[{ a: 1 }, new Set([1, 'x', Number.NaN])]]), new Map(), new Set()]],
    ['boxed primitives', [Object(1), Object('x'), Object(false), Object(5n)]],
    ['nested', { a: [{ b: { c: [[], {}, [[]]] } }], '': 0, 'a b': 1, é: 2 }],
    ['null prototype', Object.assign(Object.create(null), { a: 1 })],
    ['array buffers', [new ArrayBuffer(0), new Uint8Array([1, 2, 3]).buffer, new ArrayBuffer(10_000)]],
  ])('%s', (_, value) => {
    expect(copy(value)).toStrictEqual(structuredClone(value))
  })

  const views = [
    new Uint8Array([1, 2]),
    new Int8Array([-1]),
    new Uint8ClampedArray([255]),
    new Int16Array([-2]),
    new Uint16Array([3]),
    new Int32Array([-4]),
    new Uint32Array([5]),
    new Float32Array([1.5]),
    new Float64Array([Math.PI]),
    new BigInt64Array([-6n]),
    new BigUint64Array([7n]),
  ]
  test.each(views.map((view) => [view.constructor.name, view] as const))('%s, small and large', (_, small) => {
    const Class = small.constructor as Float64ArrayConstructor
    const large = new Class(5000).fill(small[0] as number)
    for (const view of [small, large, new Class(0)]) {
      const back = copy(view)
      expect(back).toStrictEqual(view)
      expect(back.constructor).toBe(Class)
      expect(decodeValue(overTheWire(encodeValue(view), 3))).toStrictEqual(view)
    }
  })

  test('a small typed array owns its buffer', () => {
    expect(copy(new Uint8Array([1, 2, 3])).buffer.byteLength).toBe(3)
  })

  test('a DataView', () => {
    const back = copy(new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2))
    expect(back).toBeInstanceOf(DataView)
    expect(back.getUint16(0)).toBe(0x0203)
  })

  test('a Node Buffer stays one, small, pooled or large', () => {
    for (const buffer of [Buffer.from('abc'), Buffer.alloc(10_000, 7), Buffer.alloc(0)]) {
      expect(Buffer.isBuffer(copy(buffer))).toBe(true)
      expect(copy(buffer).equals(buffer)).toBe(true)
    }
    const pair = encodeValue([Buffer.from('abc'), Buffer.from('def')])
    expect(pair.byteLength).toBeLessThan(40)
  })

  test('holes stay holes', () => {
    const sparse: unknown[] = [1, undefined]
    sparse[5] = { x: 1 }
    sparse.length = 1_000_000_000
    const back = copy(sparse)
    expect(back.length).toBe(1_000_000_000)
    expect(Object.keys(back)).toEqual(['0', '1', '5'])
    expect(back[5]).toEqual({ x: 1 })
  })

  test('shared references and cycles', () => {
    const leaf = { n: 1 }
    const array: unknown[] = [leaf, leaf]
    const map = new Map<unknown, unknown>([['leaf', leaf]])
    const sparse: unknown[] = []
    sparse[3] = array
    const root: Record<string, unknown> = { array, map, leaf, set: new Set([leaf]), sparse, again: sparse }
    array.push(root)
    map.set('map', map)
    sparse[5] = sparse
    const back = copy(root) as typeof root & { array: unknown[]; map: Map<string, unknown>; sparse: unknown[] }
    expect(back.array[0]).toBe(back.leaf)
    expect(back.array[1]).toBe(back.leaf)
    expect(back.array[2]).toBe(back)
    expect(back.map.get('leaf')).toBe(back.leaf)
    expect(back.map.get('map')).toBe(back.map)
    expect((back.set as Set<unknown>).has(back.leaf)).toBe(true)
    expect(back.sparse[5]).toBe(back.again)
    expect(back.sparse[3]).toBe(back.array)
  })

  test('among many objects too', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ i }))
    const back = copy([...many, many[0], many[17], many[39]])
    expect([back[40], back[41], back[42]].map((item) => back.indexOf(item))).toEqual([0, 17, 39])
  })

  test('views of one buffer are aligned, wherever the first begins', () => {
    const buffer = new ArrayBuffer(64)
    const back = copy([new Uint8Array(buffer, 11, 2), new Float64Array(buffer, 16, 2).fill(1.5)])
    expect(back[1]).toEqual(new Float64Array([1.5, 1.5]))
    expect(back[0]?.buffer).toBe(back[1]?.buffer)
  })

  test.each([8, 104, 8_192, 80_000])('what arrived with other bytes has a buffer of its own: %i bytes', (bytes) => {
    const [numbers, buffer, text] = copy([
      new Float64Array(bytes / 8),
      new ArrayBuffer(bytes),
      Buffer.alloc(bytes, 'x'),
    ])
    expect([numbers.buffer.byteLength, numbers.byteOffset, buffer.byteLength]).toEqual([bytes, 0, bytes])
    expect([text.buffer.byteLength, text.byteOffset]).toEqual([bytes, 0])
  })

  test('every kind of object keeps its identity', () => {
    const kinds = [
      new Date(),
      /x/,
      Object(1),
      new Error('e'),
      new Uint8Array(3),
      new Float64Array(9000),
      new ArrayBuffer(5),
    ]
    kinds.push(Buffer.from('x'), new Map(), new Set())
    const back = copy({ one: kinds, two: [...kinds] })
    expect(back.one).toStrictEqual(kinds)
    for (const [i, item] of back.one.entries()) expect(back.two[i]).toBe(item)
  })

  test.each([100, 100_000])(
    'views of one buffer of %i bytes share it still, and only what they reach travels',
    (size) => {
      const buffer = new ArrayBuffer(size)
      const value = {
        a: new Uint8Array(buffer, 16, 8),
        b: new Float64Array(buffer, 24, 2),
        c: new DataView(buffer, 20, 4),
      }
      value.b[0] = 42
      const back = copy(value)
      expect(back.a.buffer).toBe(back.b.buffer)
      expect(back.c.buffer).toBe(back.b.buffer)
      expect(back.b[0]).toBe(42)
      back.a[7] = 9
      expect(back.c.getUint8(3)).toBe(9)
      expect(back.a.buffer.byteLength).toBe(24)
      const whole = copy({ buffer, view: value.a })
      expect(whole.view.buffer).toBe(whole.buffer)
      expect(whole.buffer.byteLength).toBe(size)
    },
  )

  test('class instances lose their class, as structuredClone has it', () => {
    class Point {
      x = 1
      get y() {
        return 2
      }
    }
    expect(copy(new Point())).toStrictEqual({ x: 1 })
    class Named extends Map<string, number> {}
    expect(copy(new Named([['a', 1]]))).toStrictEqual(new Map([['a', 1]]))
    expect(copy(Object.assign(Object.create({ inherited: 1 }), { own: 2 }))).toStrictEqual({ own: 2 })
  })

  test('what only calls itself a Map is an instance', () => {
    expect(copy({ [Symbol.toStringTag]: 'Map', a: 1 })).toEqual({ a: 1 })
    class Impostor {
      a = 1
      get [Symbol.toStringTag]() {
        return 'Map'
      }
    }
    expect(copy(new Impostor())).toEqual({ a: 1 })
  })

  test('a field called __proto__ changes no prototype', () => {
    const back = copy(JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toJSON":3,"hasOwnProperty":4}'))
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor', 'toJSON', 'hasOwnProperty'])
    expect(back.polluted).toBeUndefined()
  })

  test('any value, round trip', () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withBoxedValues: true,
    })
    fc.assert(
      fc.property(value, (v) => {
        expect(copy(v)).toStrictEqual(structuredClone(v))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('errors', () => {
  test('keep name, message, stack, cause and own fields', () => {
    const error = Object.assign(new TypeError('bad', { cause: new Error('why') }), { code: 'E_BAD', at: new Date(1) })
    const back = copy(error)
    expect(back).toBeInstanceOf(TypeError)
    expect([back.name, back.message, back.stack]).toEqual([error.name, error.message, error.stack])
    expect([back.code, back.at]).toEqual(['E_BAD', new Date(1)])
    expect((back.cause as Error).message).toBe('why')
    expect(Object.keys(back)).toEqual(['code', 'at'])
  })

  test('a class of ours or a user’s keeps its name and code', () => {
    const back = copy(new UnreachableError('nobody', { details: { port: 1 } }))
    expect(back).toBeInstanceOf(Error)
    expect([back.name, back.code, back.details]).toEqual(['UnreachableError', 'YM_UNREACHABLE', { port: 1 }])
    const abort = copy(new DOMException('stop', 'AbortError') as Error)
    expect([abort.name, abort.message]).toEqual(['AbortError', 'stop'])
  })

  test('AggregateError keeps its errors', () => {
    const back = copy(new AggregateError([new RangeError('a'), 'b'], 'many'))
    expect(back).toBeInstanceOf(AggregateError)
    expect(back.errors[0]).toBeInstanceOf(RangeError)
    expect(back.errors[1]).toBe('b')
  })

  test('a field that cannot be cloned is left out, the error arrives', () => {
    const error = Object.assign(new Error('x'), {
      socket: { on() {} },
      retry: () => 1,
      code: 1,
      self: undefined as unknown,
    })
    error.self = { error }
    const back = copy(error)
    expect(Object.keys(back)).toEqual(['code', 'self'])
    expect((back.self as { error: unknown }).error).toBe(back)
  })
})

describe('what cannot be cloned', () => {
  test.each<[string, unknown, string]>([
    ['function', [{ socket: { on() {} } }], 'args[0].socket.on is the function on'],
    ['arrow', [() => 1], 'args[0] is a function'],
    ['symbol', [{ 'a b': Symbol('x') }], 'args[0]["a b"] is a symbol'],
    ['promise', [[Promise.resolve()]], 'args[0][0] is a Promise; await it first'],
    ['weak map', { w: new WeakMap() }, 'args.w is a WeakMap'],
    ['in a map', [new Map([['k', () => 1]])], 'args[0].<k> is a function'],
    ['in an array with holes', [Object.assign([], { 2: () => 1 })], 'args[0][2] is the function 2'],
    ['url', [new URL('http://x/')], 'args[0] is a URL; pass its href'],
    ['port', [new MessageChannel().port1], 'args[0] is a MessagePort'],
    ['generator', [(function* () {})()], 'args[0] is a Generator'],
  ])('%s', (_, value, message) => {
    expect(() => encodeValue(value, 'args')).toThrow(CloneError)
    expect(() => encodeValue(value, 'args')).toThrow(message)
    expect(copy([1])).toEqual([1])
  })

  test('too deep', () => {
    let deep: unknown[] = []
    for (let i = 0; i < 333; i += 1) deep = [[new Map([[0, deep]])]]
    deep = deep[0] as unknown[]
    expect(() => copy(deep)).not.toThrow()
    expect(() => encodeValue([[deep]])).toThrow('nested more than 1000 levels deep')
    for (let i = 0; i < 1_000_000; i += 1) deep = [deep]
    expect(() => encodeValue(deep)).toThrow(CloneError)
  })

  test('a getter that encodes or throws disturbs nothing', () => {
    const value = {
      before: 1,
      get nested() {
        return decodeValue(encodeValue({ inner: [1, 2, 3] }))
      },
      after: 2,
    }
    expect(copy(value)).toEqual({ before: 1, nested: { inner: [1, 2, 3] }, after: 2 })
    const failing = {
      get x() {
        throw new RangeError('mine')
      },
    }
    expect(() => encodeValue(failing)).toThrow()
    expect(copy([1])).toEqual([1])
  })
})

describe('large buffers travel beside the body', () => {
  test('from 4,096 bytes, without a copy on either side', () => {
    const large = new Float64Array(1024).fill(3)
    const payload = encodeValue({ small: new Uint8Array(4095), large, again: large })
    expect(payload.frames.length).toBe(2)
    expect(payload.frames[1]?.buffer).toBe(large.buffer)
    const received = overTheWire(payload, 0)
    const back = decodeValue(received) as { large: Float64Array; again: Float64Array }
    expect(back.large.buffer).toBe(received.frames[1]?.buffer)
    expect(back.again).toBe(back.large)
    expect(back.large).toEqual(large)
  })

  test('a payload that crossed no wire gives a copy', () => {
    const large = new Uint8Array(10_000)
    const back = decodeValue(encodeValue(large)) as Uint8Array
    back[0] = 1
    expect(large[0]).toBe(0)
  })

  test('shared memory stays shared', () => {
    const shared = new SharedArrayBuffer(64)
    const value = { shared, a: new Int32Array(shared), b: new Uint8Array(shared, 32, 8) }
    for (const back of [copy(value), decodeValue(encodeValue(value)) as typeof value]) {
      expect(back.shared).toBe(shared)
      expect(back.a.buffer).toBe(shared)
      expect(back.b.byteOffset).toBe(32)
    }
    expect(copy([new Int32Array(shared, 4)])[0]?.buffer).toBe(shared)
  })
})

describe('hostile bytes', () => {
  const bodies: [string, number[]][] = [
    ['nothing', []],
    ['a huge array', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a huge map', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a huge string', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x41]],
    ['a huge extension', [0xc9, 0xff, 0xff, 0xff, 0xff, 0x4d]],
    ['a missing frame', [0xc7, 5, 0x46, 0, 0, 0, 0, 9]],
    ['the body as a frame', [0xc7, 5, 0x46, 0, 0, 0, 0, 0]],
    ['an unknown extension', [0xd4, 0x7f, 0]],
    ['an undefined reference', [0xd6, 0x4a, 0, 0, 0, 1]],
    ['an extension that ends early', [0xc7, 1, 0x4d, 0x92]],
    ['two values', [1, 1]],
    ['a map with a number as key', [0x81, 1, 1]],
    ['a bad regular expression', [0xc7, 4, 0x52, 0x92, 0xa1, 0x28, 0xa0]],
    ['a view beyond its buffer', [0xc7, 9, 0x56, 0x94, 8, 0, 9, 0xc7, 2, 0x54, 0x21, 0]],
  ]
  test.each(bodies)('%s', (_, bytes) => {
    expect(() => decodeValue(new Payload([Uint8Array.from(bytes)]))).toThrow(ProtocolError)
  })

  test('nested without end', () => {
    expect(() => decodeValue(new Payload([new Uint8Array(1_000_000).fill(0x91)]))).toThrow(ProtocolError)
  })

  test('any bytes give a value or a ProtocolError, and any change of good bytes too', () => {
    const good = encodeValue([{ a: [1, 'x', new Map([[1, new Date()]])] }, new Float32Array(4), 7n ** 70n])
      .frames[0] as Uint8Array
    const check = (body: Uint8Array) => {
      try {
        decodeValue(new Payload([body]))
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), check), { numRuns: 5000 })
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
