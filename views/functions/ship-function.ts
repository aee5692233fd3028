import { holdsShared } from '../../core/capacity.ts'
import { CaptureError, CloneError } from '../../core/errors.ts'
import type { FunctionSpec } from '../../core/function-spec.ts'
import type { FunctionHash } from '../../core/ids.ts'
import { encodeValue, type Payload } from '../../core/payload.ts'
import { type Callable, isCallable, nameOf, textOf } from './callable.ts'
import { type Captured, capture } from './capture.ts'
import { adviceFor, captureError } from './capture-error.ts'
import { capturedBytesMaxDefault, checkSize } from './captured-size.ts'
import { contentHash } from './content-hash.ts'
import { functionShape } from './function-shape.ts'
import { ModuleTask } from './module-task.ts'

/** A function as it is sent: equal content has an equal hash, in every process. */
export interface ShippedFunction {
  readonly hash: FunctionHash
  /** A `FunctionSpec`. */
  readonly payload: Payload
  readonly name: string
}

/** What views accept: a function, or the handle of an exported one. */
export type Shippable<Fn extends Callable = Callable> = Fn | ModuleTask<Fn>

interface Known {
  readonly captured: Captured
  shipped: ShippedFunction
}

const known = new WeakMap<Callable, Known>()
const modules = new WeakMap<ModuleTask, ShippedFunction>()
/** Functions whose text tells everything, by text and name: a loop that writes its function inline makes a new one each time. */
const knownTexts = new Map<string, ShippedFunction>()
const knownTextsMax = 1_024

/** Names whose meaning no sane file changes, so that a text that uses only these means the same everywhere. */
const unshadowed = new Set(
  'undefined NaN Infinity Math JSON Number Object Array String Boolean BigInt Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array'.split(
    ' ',
  ),
)

/**
 * The function with what it captures, as of now. What cannot have changed since the last call is not looked at again.
 * @throws CaptureError naming what cannot travel, why, and what to write instead
 */
export function shipFunction(fn: Shippable, bytesMax: number = capturedBytesMaxDefault): ShippedFunction {
  if (fn instanceof ModuleTask) return shipModuleTask(fn)
  if (!isCallable(fn))
    throw new CaptureError(
      `Cannot ship a ${fn === null ? 'null' : typeof fn}: give a function, or task(import.meta.url, 'name').`,
    )
  const before = known.get(fn)
  return (before && shipAgain(before, bytesMax)) ?? textualShip(fn, bytesMax) ?? captureAndShip(fn, bytesMax, before)
}

/** Undefined where the function has to be looked at anew. */
function shipAgain(before: Known, bytesMax: number): ShippedFunction | undefined {
  const { lifetime, functions } = before.captured
  if (lifetime === 'bindings' || !functions.every(hasNoProperties)) return undefined
  if (lifetime === 'constant' && before.shipped.payload.byteLength <= bytesMax) return before.shipped
  try {
    before.shipped = encode(before.captured, bytesMax, before.shipped)
    return before.shipped
  } catch (error) {
    // Its data holds what it did not hold before: perhaps a function, which can travel in another way.
    if (error instanceof CaptureError) return undefined
    throw error
  }
}

function captureAndShip(fn: Callable, bytesMax: number, before?: Known): ShippedFunction {
  const captured = capture(fn)
  const shipped = encode(captured, bytesMax, before?.shipped)
  known.set(fn, { captured, shipped })
  return shipped
}

function textualShip(fn: Callable, bytesMax: number): ShippedFunction | undefined {
  const text = textOf(fn)
  const shape = functionShape(text)
  if (shape?.form !== 'expression' || shape.kind === 'class' || shape.strict === undefined) return undefined
  if (shape.importKeywords.length > 0 || shape.importMetas.length > 0 || !hasNoProperties(fn)) return undefined
  for (const name of shape.free.keys()) if (!unshadowed.has(name)) return undefined
  const key = `${nameOf(fn)}\n${text}`
  const before = knownTexts.get(key)
  if (before) return before
  const shipped = captureAndShip(fn, bytesMax)
  if (known.get(fn)?.captured.lifetime !== 'constant') return shipped
  if (knownTexts.size >= knownTextsMax) knownTexts.clear()
  knownTexts.set(key, shipped)
  return shipped
}

function hasNoProperties(fn: Callable): boolean {
  for (const _key in fn) return false
  return true
}

function shipModuleTask(task: ModuleTask): ShippedFunction {
  let shipped = modules.get(task)
  if (!shipped) {
    shipped = shippedFrom(task.spec(), task.exportName, encodeValue)
    modules.set(task, shipped)
  }
  return shipped
}

function encode(captured: Captured, bytesMax: number, before?: ShippedFunction): ShippedFunction {
  return shippedFrom(
    captured.spec,
    captured.spec.name,
    (spec) => {
      try {
        const payload = encodeValue(spec, '')
        if (holdsShared(payload)) throw sharedCaptured(captured)
        checkSize(captured, payload, bytesMax)
        return payload
      } catch (error) {
        throw error instanceof CloneError ? explained(error, captured) : error
      }
    },
    before,
  )
}

function shippedFrom(
  spec: FunctionSpec,
  name: string,
  encoder: (spec: FunctionSpec) => Payload,
  before?: ShippedFunction,
): ShippedFunction {
  const payload = encoder(spec)
  const hash = contentHash(payload.frames).slice(0, 22) as FunctionHash
  if (before?.hash === hash) return before
  // The payload outlives this call, while the caller may go on to write to the buffers.
  const own = payload.detached
  return { hash, payload: own, name }
}

/** What a function captures is its own copy, and functions of equal content are the same: neither is true of shared memory. */
function sharedCaptured({ spec, trails }: Captured): CaptureError {
  const index = spec.values.findIndex((value) => holdsShared(encodeValue(value)))
  return captureError(
    trails[index] ?? [spec.name],
    'holds shared memory (a SharedArrayBuffer), and what is captured is copied',
    'Pass it as an argument.',
  )
}

/** Says which captured name holds what cannot be cloned. */
function explained(error: CloneError, { spec, trails }: Captured): CaptureError {
  const path = String(error.details.path ?? '')
  const [, index = '', rest = ''] = path.match(/^\.values\[(\d+)\](.*)$/s) ?? []
  const trail = trails[Number(index)]
  if (!trail || index === '')
    return new CaptureError(`Cannot ship the function '${spec.name}': ${error.message}`, { cause: error })
  // "is a Promise; await it first, which cannot be cloned": what it is suffices here.
  const [what = 'cannot be cloned'] = error.message.slice(path.length).match(/is [^;,]+/) ?? []
  const culprit = follow(spec.values[Number(index)], rest)
  return captureError(
    [...trail.slice(0, -1), `${trail.at(-1)}${rest}`],
    `${what} and cannot travel`,
    adviceFor(culprit),
  )
}

/** What a path such as `.a[0]["b c"]` leads to; undefined where it passes through a Map or a Set. */
function follow(value: unknown, path: string): unknown {
  let at = value
  for (const [, name, index, quoted] of path.matchAll(/\.([^.[]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g)) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Reflect.get(at, name ?? index ?? quoted ?? '')
  }
  return at
}
