import { ConfigurationError } from '../core/errors.ts'
import { encodeValue } from '../core/payload.ts'
import type { AsyncResult } from './async-result.ts'
import { builtinTasks } from './builtin-tasks.ts'
import { addDirectFlags, type DirectFlags, type InPlaceOf, type OnlyDirect } from './direct-flags.ts'
import type { EngineResult } from './engine-targets.ts'
import { EngineView } from './engine-view.ts'
import { shipFunction } from './functions/ship-function.ts'
import { isIterable } from './item-source.ts'
import type { MapResult } from './load-balanced-view.ts'
import { blocksOf, collected, dealt, joined, listOf } from './partition.ts'
import type { TaskFunction } from './task-function.ts'

/** One sequence for each parameter; each must have an end. */
export type FiniteSequencesOf<Args extends readonly unknown[]> = {
  readonly [Index in keyof Args]: Iterable<Args[Index]>
}

/** A function that maps itself over sequences, in one part for each engine. */
export interface DirectParallelFunction<Args extends readonly unknown[], Returned, InPlace extends boolean> {
  (...sequences: FiniteSequencesOf<Args>): MapResult<Returned, InPlace>
  map(...sequences: FiniteSequencesOf<Args>): MapResult<Returned, InPlace>
}

/** How values are spread over engines. */
export interface ScatterOptions {
  /** Item by item in turn, as cards are dealt, instead of in contiguous blocks. */
  readonly cyclic?: boolean
}

/**
 * Engines that a program speaks to by number: one (results are single values), a list (results are lists in that order),
 * or `'all'` that are there at each call. Sequences can be spread over them.
 */
export class DirectView<Targets = 'all', InPlace extends boolean = false> extends EngineView<Targets, InPlace> {
  protected override get givesList(): boolean {
    return typeof this.calls.targets !== 'number'
  }

  /**
   * A view with these flags added.
   * @throws ConfigurationError naming the flag that is wrong, or has no meaning here
   */
  with<const Flags extends DirectFlags>(flags: OnlyDirect<Flags>): DirectView<Targets, InPlaceOf<Flags, InPlace>> {
    return new DirectView(this.calls.with(addDirectFlags(this.calls.flags, flags)))
  }

  /** As `pull` of one name. */
  get<Value = unknown>(name: string): EngineResult<Targets, Value, InPlace> {
    return this.pull<Value>(name)
  }

  /** As `push` of one value. */
  set(name: string, value: unknown): EngineResult<Targets, undefined, InPlace> {
    return this.push({ [name]: value })
  }

  /**
   * Calls the function with each item, or with an item of each sequence side by side, as long as the shortest lasts:
   * one contiguous part for each engine, the sizes differing by one at most. Gives the results of all items, in order.
   * @throws CaptureError, CloneError where the function or an item cannot travel
   */
  map<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
    ...sequences: FiniteSequencesOf<Args>
  ): MapResult<Returned, InPlace> {
    const [first = [], ...others] = sequencesOf(sequences).map((sequence) => [...sequence])
    const items = others.length === 0 ? first : sideBySide([first, ...others])
    const { engines } = this.calls
    const parts = blocksOf(items, Math.min(engines.length, Math.max(1, items.length)))
    return this.calls.each(
      this.calls.ship(fn),
      others.length === 0 ? 'each' : 'eachSpread',
      parts
        .map((part, i) => ({ engine: engines[i] as number, args: encodeValue(part, 'items'), size: part.length }))
        .filter(({ size }) => size > 0),
      { isList: true },
    )
  }

  /** The function, mapping itself over sequences: `f(xs)` and `f.map(xs)` are `view.map(fn, xs)`. */
  parallel<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
  ): DirectParallelFunction<Args, Returned, InPlace> {
    const map = (...sequences: FiniteSequencesOf<Args>): MapResult<Returned, InPlace> => this.map(fn, ...sequences)
    return Object.assign((...sequences: FiniteSequencesOf<Args>) => map(...sequences), { map })
  }

  /**
   * Puts a part of the sequence under this name on each engine: contiguous blocks whose sizes differ by one at most.
   * Parts of typed arrays are typed arrays; of anything else, arrays. Where there are more engines than items, the last
   * ones get empty parts.
   */
  scatter(
    name: string,
    sequence: Iterable<unknown>,
    { cyclic = false }: ScatterOptions = {},
  ): EngineResult<Targets, undefined, InPlace> {
    const [list = []] = sequencesOf([sequence]).map(listOf)
    const { engines } = this.calls
    const parts = (cyclic ? dealt : blocksOf)(list, engines.length)
    const result = this.calls.each(
      shipFunction(builtinTasks.push),
      'once',
      parts.map((part, i) => ({
        engine: engines[i] as number,
        args: encodeValue([{ [name]: part }], 'sequence'),
      })),
      { isList: this.givesList },
    )
    return result as EngineResult<Targets, undefined, InPlace>
  }

  /**
   * What `scatter` spread, in one piece again: a typed array where every part is one of the same kind, else an array.
   * Iterating it gives the parts. It rejects where a part is missing or is no list, whatever `returnExceptions` says.
   */
  gather<Whole extends ArrayLike<unknown> = unknown[]>(
    name: string,
    { cyclic = false }: ScatterOptions = {},
  ): AsyncResult<Whole, Whole> {
    return this.call(builtinTasks.pullList, [name], (parts) => (cyclic ? collected : joined)(parts as unknown[][]))
  }
}

function sequencesOf(sequences: readonly unknown[]): Iterable<unknown>[] {
  const usable = sequences.filter(isIterable)
  if (usable.length > 0 && usable.length === sequences.length) return usable
  throw new ConfigurationError('it takes sequences with an end: arrays, typed arrays, or anything else to iterate')
}

function sideBySide(lists: readonly (readonly unknown[])[]): unknown[][] {
  const length = Math.min(...lists.map((list) => list.length))
  return Array.from({ length }, (_, i) => lists.map((list) => list[i]))
}
