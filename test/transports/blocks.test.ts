import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../core/errors.ts'
import type { Frame } from '../../core/transport.ts'
import { bytesOf, type Carried } from '../../transports/base-connection.ts'
import { headLength, kindOf, kinds, packBlocks, unpackMessages } from '../../transports/blocks.ts'

function carried(frames: readonly Frame[]): Carried {
  return { frames, bytes: bytesOf(frames) }
}

function unpacked(messages: readonly Carried[]): Carried[] {
  return packBlocks(messages, false).flatMap(({ head, parts }) => {
    const rest = [...parts]
    return unpackMessages(head, (length) => {
      const part = rest.shift() as Frame
      expect(part.length).toBe(length)
      return part
    })
  })
}

describe('blocks', () => {
  test('any messages come back, in order', () => {
    const length = fc.oneof(fc.nat(100), fc.constantFrom(0, 64, 65, 16_383, 16_384, 16_385, 300_000))
    const message = fc.array(length, { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (lengths) => {
        const messages = lengths.map((each, i) => carried(each.map((size) => new Uint8Array(size).fill(i + 1))))
        const back = unpacked(messages)
        expect(back.map(({ frames }) => frames.map((f) => [f.length, f[0], f.at(-1)]))).toEqual(
          messages.map(({ frames }) => frames.map((f) => [f.length, f[0], f.at(-1)])),
        )
        expect(back.map(({ bytes }) => bytes)).toEqual(messages.map(({ bytes }) => bytes))
      }),
      { numRuns: 200 },
    )
  })

  test('large frames are not copied', () => {
    const large = new Uint8Array(20_000)
    const [block] = packBlocks([carried([new Uint8Array(3), large])], false)
    expect(block?.parts[0]).toBe(large)
  })

  test('small messages share blocks of bounded size, and only the last asks for a receipt', () => {
    const blocks = packBlocks(
      Array.from({ length: 10_000 }, () => carried([new Uint8Array(100)])),
      true,
    )
    expect(blocks.length).toBeGreaterThan(3)
    expect(blocks.length).toBeLessThan(8)
    expect(Math.max(...blocks.map(({ head }) => head.length))).toBeLessThan(300_000)
    expect(blocks.map(({ head }) => kindOf(head) === kinds.messagesWithReceipt).lastIndexOf(false)).toBe(
      blocks.length - 2,
    )
  })

  test('any change of a head gives messages or a ProtocolError', () => {
    const [block] = packBlocks(
      [carried([new Uint8Array(5), new Uint8Array(17_000)]), carried([new Uint8Array(9)])],
      false,
    )
    const head = block?.head as Uint8Array
    fc.assert(
      fc.property(fc.nat(head.length - 1), fc.nat(255), fc.nat(head.length), (at, byte, length) => {
        const changed = head.slice(0, length)
        if (at < length) changed[at] = byte
        try {
          if (changed.length < 8) return
          headLength(changed)
          unpackMessages(changed, (size) => new Uint8Array(Math.min(size, 20_000)))
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
      { numRuns: 5000 },
    )
  })
})
