import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { ProtocolError } from './errors.ts'

export type Check<Value> = (value: unknown) => Value

const checks = new WeakMap<TSchema, Check<unknown>>()

/**
 * A check for one schema, compiled once. Of a union of objects that differ in their `type`, only the variant with that type is tried.
 * @throws ProtocolError (the check does) that names the field which is wrong
 */
export function checkerOf<Schema extends TSchema>(schema: Schema): Check<Static<Schema>> {
  const known = checks.get(schema)
  if (known) return known as Check<Static<Schema>>
  const check = compiled(schema)
  checks.set(schema, check)
  return check as Check<Static<Schema>>
}

function compiled(schema: TSchema): Check<unknown> {
  const variants: readonly TSchema[] = 'anyOf' in schema && Array.isArray(schema.anyOf) ? schema.anyOf : []
  const byType = new Map(variants.map((variant) => [typeOf(variant), Compile(variant)]))
  if (byType.size === 0 || byType.has(undefined)) {
    const only = Compile(schema)
    return (value) => {
      if (only.Check(value)) return value
      throw misshapen(value, only)
    }
  }
  return (value) => {
    const validator = byType.get(typeIn(value))
    if (validator?.Check(value)) return value
    throw validator ? misshapen(value, validator) : unknownType(value)
  }
}

function typeOf(variant: TSchema): unknown {
  return (variant as { properties?: { type?: { const?: unknown } } }).properties?.type?.const
}

function typeIn(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined
}

function unknownType(value: unknown): ProtocolError {
  const type = typeIn(value)
  const shown = typeof type === 'string' ? JSON.stringify(type.slice(0, 64)) : `a ${typeof type}`
  return new ProtocolError(`Unknown message type: ${shown}. Do both sides run the same version of Yardmaster?`)
}

function misshapen(value: unknown, validator: Validator): ProtocolError {
  const first = validator.Errors(value)[0]
  const type = typeIn(value)
  const field = `${typeof type === 'string' ? type : 'message'}${(first?.instancePath ?? '').replaceAll('/', '.')}`
  return new ProtocolError(`Ill-formed message: ${field} ${first?.message ?? 'is wrong'}`, { details: { field } })
}
