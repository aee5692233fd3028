import { type TaskContext, taskNow } from '../task-context.ts'

export type OutputStream = 'stdout' | 'stderr'

/** Takes what its tasks print. */
export interface OutputTaker {
  /** Answers whether the task is one of its own, and took it. */
  take(task: TaskContext, stream: OutputStream, printed: string | Uint8Array): boolean
}

type Write = NodeJS.WriteStream['write']

const takers = new Set<OutputTaker>()
const undo: (() => void)[] = []

/**
 * From here on, until the answer is called, what tasks write to this thread's stdout and stderr goes to `taker`.
 * `console` writes there too. What no task writes goes where it went before.
 */
export function captureOutput(taker: OutputTaker): () => void {
  takers.add(taker)
  if (takers.size === 1) undo.push(divert('stdout'), divert('stderr'))
  return () => {
    takers.delete(taker)
    if (takers.size === 0) for (const restore of undo.splice(0)) restore()
  }
}

function divert(name: OutputStream): () => void {
  const stream = process[name]
  const found = Object.getOwnPropertyDescriptor(stream, 'write')
  const original: Write = stream.write
  const write: Write = (...args: unknown[]): boolean => {
    const [chunk, second, third] = args
    const printed = printable(chunk, second)
    if (printed === undefined || !isTaken(name, printed)) return Reflect.apply(original, stream, args)
    const written = typeof second === 'function' ? second : third
    if (typeof written === 'function') process.nextTick(written)
    return true
  }
  Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true, enumerable: true })
  return () => {
    // Somebody replaced it meanwhile, and would not expect it back: below theirs, this one passes everything on.
    if (stream.write !== write) return
    if (found) Object.defineProperty(stream, 'write', found)
    else Reflect.deleteProperty(stream, 'write')
  }
}

function isTaken(name: OutputStream, printed: string | Uint8Array): boolean {
  const task = taskNow()
  if (task === undefined) return false
  for (const taker of takers) if (taker.take(task, name, printed)) return true
  return false
}

/** Undefined for what the stream itself must judge. */
function printable(chunk: unknown, encoding: unknown): string | Uint8Array | undefined {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk !== 'string') return undefined
  if (typeof encoding !== 'string' || /^utf-?8$/i.test(encoding)) return chunk
  return Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : undefined
}
