import type { EachResult, ThrownByTask } from '../../core/messages.ts'
import type { Payload } from '../../core/payload.ts'

/** Encodes what the engine's link can carry, and throws for the rest. */
export type Encode = (value: unknown) => Payload

/** Longer texts are cut where they would be too much for the link. */
const textMax = 10_000

/** What a task threw, described so that it survives even where the value itself cannot be carried. */
export function encodeThrown(thrown: unknown, encode: Encode): Payload {
  const described = describe(thrown)
  try {
    return encode({ ...described, thrown })
  } catch {
    return encodeText(described, encode)
  }
}

/** The same results, with an error in the place of each that cannot be carried. */
export function withoutUnfit({ values, errors }: EachResult, encode: Encode): EachResult {
  const found = new Map(errors)
  const fitting = values.map((value, i) => {
    try {
      encode(value)
      return value
    } catch (error) {
      found.set(i, describe(error))
      return undefined
    }
  })
  return { values: fitting, errors: [...found].sort(([a], [b]) => a - b) }
}

/** As `encodeThrown`, for an error that stands among results. */
export function thrownAmongResults(thrown: unknown, encode: Encode): ThrownByTask {
  const described = describe(thrown)
  try {
    encode(thrown)
    return { ...described, thrown }
  } catch {
    return described
  }
}

export function isUnmet(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'YM_UNMET_DEPENDENCY'
}

function encodeText(described: ThrownByTask, encode: Encode): Payload {
  try {
    return encode(described)
  } catch {
    const { name, message, stack } = described
    const cut = (text: string) => text.slice(0, textMax)
    return encode({ name: cut(name), message: cut(message), stack: cut(stack) })
  }
}

/** Anything can be thrown, and its fields can be anything, getters that throw among them. */
function describe(thrown: unknown): ThrownByTask {
  try {
    if (!(thrown instanceof Error)) return { name: 'Thrown', message: String(thrown), stack: '' }
    const { name, message, stack } = thrown
    return { name: String(name), message: String(message), stack: String(stack ?? '') }
  } catch {
    return { name: 'Thrown', message: 'a value that cannot be shown as text', stack: '' }
  }
}
