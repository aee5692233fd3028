import { ModuleError, YardmasterError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import type { AsyncResult } from '../views/async-result.ts'
import { ChunkSize } from '../views/chunk-size.ts'
import { RemoteError } from '../views/remote-error.ts'
import type { InputItem, InputItems } from './input-items.ts'

/** What became of an item. */
export type ItemOutcome =
  | { readonly item: InputItem; readonly value: unknown; readonly failure?: undefined }
  | { readonly item: InputItem; readonly failure: ItemFailure }

export interface ItemFailure {
  readonly name: string
  readonly message: string
  readonly engine: EngineId | undefined
}

export interface MapStreamOptions {
  readonly items: InputItems
  /** Items in one task; undefined: as many as make some milliseconds of work. */
  readonly chunk: number | undefined
  readonly ordered: boolean
  /** Engines at this moment. */
  engines(): number
  /** Has the values of one task computed, errors in place. */
  submit(values: readonly unknown[]): AsyncResult<unknown[], unknown>
  /** Takes outcomes one chunk at a time; no more is submitted before it has room. */
  write(outcomes: readonly ItemOutcome[]): Promise<void>
}

/** Chunks under way or not written yet: the others go on while the first of them takes its time. */
const chunksPerEngine = 16

/**
 * A map over an input of any length: items are read as engines take them, and results forgotten once they are written,
 * so memory does not grow with the input and a slow reader slows the work. Rejects with what `write` or the input
 * rejects with; what is under way then is the caller's to abort.
 */
export async function mapStream(options: MapStreamOptions): Promise<void> {
  const { items, ordered, engines } = options
  const size = new ChunkSize(options.chunk)
  const underWay = new Set<Promise<void>>()
  let previous = Promise.resolve()
  let fail: (error: unknown) => void = () => {}
  // The input may be silent for long; that something went wrong meanwhile must not wait for it.
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  for (;;) {
    while (underWay.size >= chunksPerEngine * Math.max(1, engines())) await Promise.race([...underWay, failed])
    const chunk = await Promise.race([items.take(size.next(undefined, engines())), failed])
    if (chunk.length === 0) break
    const outcomes = runChunk(chunk, size, options)
    const turn = previous
    const written = outcomes.then(async (found) => {
      if (ordered) await turn
      await options.write(found)
    })
    previous = written
    underWay.add(written)
    written.then(() => underWay.delete(written), fail)
  }
  await Promise.race([Promise.all(underWay), failed])
}

async function runChunk(
  chunk: readonly InputItem[],
  size: ChunkSize,
  options: MapStreamOptions,
): Promise<ItemOutcome[]> {
  const values = chunk.flatMap((item) => (item.problem === undefined ? [item.value] : []))
  let results: readonly unknown[] = []
  if (values.length > 0) {
    const characters = chunk.reduce((sum, item) => sum + item.length, 0)
    size.sent(chunk.length, characters)
    const result = options.submit(values)
    results = await result
    const [task] = result.metadata
    if (task && task.attempts > 0) size.measured(values.length, task.durationMs)
  }
  let next = 0
  return chunk.map((item): ItemOutcome => {
    if (item.problem !== undefined)
      return { item, failure: { name: 'SyntaxError', message: item.problem, engine: undefined } }
    const value = results[next]
    next += 1
    return value instanceof YardmasterError ? { item, failure: failureOf(value) } : { item, value }
  })
}

/** @throws ModuleError where it is the function that cannot be had: every item would fail alike */
function failureOf(error: YardmasterError): ItemFailure {
  if (!(error instanceof RemoteError)) return { name: error.name, message: error.message, engine: undefined }
  const { cause, remoteName, engineId } = error
  const message = cause instanceof Error ? cause.message : error.message
  if (cause instanceof Error && 'code' in cause && cause.code === 'YM_MODULE') throw new ModuleError(message)
  return { name: remoteName, message, engine: engineId }
}
