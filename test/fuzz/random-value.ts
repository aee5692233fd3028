import { Payload, PayloadSchema } from '../../core/payload.ts'
import type { Random } from '../../core/random.ts'

/** As much of a JSON schema as TypeBox writes. */
interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** Ids of the fuzzer's own tasks: few, so that messages meet each other's. */
const session = 'fuzzer0000'
const numbers = [0, 1, 2, 3, 7, 63, 255, 65_536, 2 ** 31 - 1, 2 ** 32, 2 ** 53 - 1]

/** A value that the schema allows, mostly. */
export function randomValue(schema: object, random: Random): unknown {
  const {
    type,
    const: constant,
    anyOf,
    properties,
    items,
    minLength,
    minimum = 0,
    maximum,
    maxLength = 20,
  } = schema as Schema
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
  if (schema === PayloadSchema) return new Payload([randomBytes(random, random.below(60))])
  if (constant !== undefined) return constant
  if (anyOf) return randomValue(pick(anyOf), random)
  switch (type) {
    case 'object': {
      const { required = [] } = schema as Schema
      const names = Object.keys(properties ?? {}).filter((name) => required.includes(name) || random.below(3) === 0)
      return Object.fromEntries(names.map((name) => [name, randomValue(properties?.[name] ?? {}, random)]))
    }
    case 'array':
      return Array.from({ length: random.below(4) }, () => randomValue(items ?? {}, random))
    case 'string':
      // Only ids may not be empty.
      return minLength ? `${session}.${random.below(20)}` : 'x'.repeat(random.below(Math.min(maxLength, 40) + 1))
    case 'integer':
    case 'number':
      return Math.min(maximum ?? Number.MAX_VALUE, Math.max(minimum, pick(numbers)))
    case 'boolean':
      return random.below(2) === 0
    default:
      return random.below(2) === 0 ? randomBytes(random, 32) : oddValue(random)
  }
}

/** What hardly any field allows. */
function oddValue(random: Random): unknown {
  const odd: readonly (() => unknown)[] = [
    () => undefined,
    () => null,
    () => -1,
    () => 0.5,
    () => Number.NaN,
    () => Number.POSITIVE_INFINITY,
    () => 2n ** 80n,
    () => '',
    () => 'x'.repeat(5_000),
    () => '\ud800',
    () => '__proto__',
    () => [],
    () => ({}),
    () => new Map([[{}, 1]]),
    () => new Date(Number.NaN),
    () => new Error('odd'),
    () => nested(200 + random.below(20_000)),
  ]
  return (odd[random.below(odd.length)] as () => unknown)()
}

function nested(depth: number): unknown {
  let value: unknown = 0
  for (let i = 0; i < depth; i += 1) value = [value]
  return value
}

/** The value with one field, anywhere in it, left out, added, or replaced by something odd. */
export function withOddField(value: unknown, random: Random): unknown {
  if (
    typeof value !== 'object' ||
    value === null ||
    value instanceof Uint8Array ||
    value instanceof Payload ||
    random.below(6) === 0
  ) {
    return oddValue(random)
  }
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1)
    return value.map((one, i) => (i === at ? withOddField(one, random) : one))
  }
  const entries = Object.entries(value)
  const at = random.below(entries.length + 1)
  const fate = random.below(4)
  return Object.fromEntries(
    entries.flatMap(([name, one], i) => {
      if (i !== at || name === 'type') return [[name, one]]
      if (fate === 0) return []
      return fate === 1
        ? [
            [name, one],
            [`${name}2`, oddValue(random)],
          ]
        : [[name, withOddField(one, random)]]
    }),
  )
}

export function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}
