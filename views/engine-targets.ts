import { ConfigurationError, NoEngineError, type YardmasterError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import type { AsyncResult } from './async-result.ts'
import type { Roster } from './roster.ts'

/** Some of the engines that are there, in order of arrival: `from` and `to` count as in `Array.prototype.slice`. */
export interface EngineSlice {
  readonly from?: number
  readonly to?: number
  /** Every how many-th. Default 1. */
  readonly step?: number
}

/** Which engines a view speaks to: one, a list, or those that are there at each call. */
export type EngineTargets = 'all' | EngineId | readonly EngineId[] | EngineSlice

/** With `returnExceptions`, an error may stand in the place of what one engine of several gives. */
export type EngineEntry<Value, InPlace extends boolean> = InPlace extends true ? Value | YardmasterError : Value

/** Of one engine its value, of a list as many values, of others a list. */
export type PerEngine<Targets, Value, InPlace extends boolean> = Targets extends number
  ? Value
  : Targets extends readonly number[]
    ? { -readonly [Index in keyof Targets]: EngineEntry<Value, InPlace> }
    : EngineEntry<Value, InPlace>[]

/** Iterating it gives the value of each engine; of one engine, `Part`. */
export type EngineResult<Targets, Value, InPlace extends boolean, Part = Value> = AsyncResult<
  PerEngine<Targets, Value, InPlace>,
  Targets extends number ? Part : EngineEntry<Value, InPlace>
>

/** @throws ConfigurationError where these are no targets */
export function checkTargets(targets: EngineTargets): void {
  if (targets === 'all' || isNumber(targets)) return
  if (isIdList(targets)) {
    const isGood = targets.length > 0 && targets.every(isNumber) && new Set(targets).size === targets.length
    if (!isGood) throw wrongTargets('a list must have at least one engine’s number, and each once')
  } else if (typeof targets === 'object' && targets !== null) {
    const { from = 0, to = 0, step = 1, ...others } = targets
    if (Object.keys(others).length > 0)
      throw wrongTargets(`a slice has from, to and step, no ${Object.keys(others)[0]}`)
    if (![from, to, step].every(Number.isSafeInteger) || step < 1)
      throw wrongTargets('a slice has whole numbers, and a step of 1 or more')
  } else throw wrongTargets(`they cannot be ${String(targets)}`)
}

/**
 * The engines that are meant now.
 * @throws NoEngineError naming those that are not there
 */
export function engineIds(targets: EngineTargets, roster: Roster): readonly EngineId[] {
  const { ids } = roster
  if (targets === 'all') return some(ids, ids)
  if (isNumber(targets) || isIdList(targets)) {
    const wanted = [targets].flat()
    const missing = wanted.filter((id) => !ids.includes(id))
    if (missing.length === 0) return wanted
    const what = missing.length === 1 ? `engine ${missing[0]} is` : `engines ${missing.join(', ')} are`
    throw new NoEngineError(`${what} not there: ${present(ids)}`, { details: { missing, engines: ids } })
  }
  const { from, to, step = 1 } = targets
  return some(
    ids.slice(from, to).filter((_id, i) => i % step === 0),
    ids,
  )
}

function some(chosen: readonly EngineId[], ids: readonly EngineId[]): readonly EngineId[] {
  if (chosen.length > 0) return chosen
  throw new NoEngineError(`the view has no engines: ${present(ids)}`, { details: { engines: ids } })
}

function present(ids: readonly EngineId[]): string {
  return ids.length === 0 ? 'none is there' : `there are ${ids.join(', ')}`
}

function isNumber(value: unknown): value is EngineId {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isIdList(targets: EngineTargets): targets is readonly EngineId[] {
  return Array.isArray(targets)
}

function wrongTargets(problem: string): ConfigurationError {
  return new ConfigurationError(
    `targets are 'all', an engine’s number, a list of them, or a slice { from, to, step }: ${problem}`,
  )
}
