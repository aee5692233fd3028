import { ConfigurationError } from '../../core/errors.ts'
import { cpop } from './cpop.ts'
import { dls } from './dls.ts'
import { etf } from './etf.ts'
import { heft } from './heft.ts'
import { hlfet } from './hlfet.ts'
import { leastload } from './leastload.ts'
import { lru } from './lru.ts'
import { mcp } from './mcp.ts'
import { plainrandom } from './plainrandom.ts'
import { powerOfD } from './power-of-d.ts'
import { pure } from './pure.ts'
import { type Strategy, type StrategyLike, strategy } from './strategy.ts'
import { tlevel } from './tlevel.ts'
import { twobin } from './twobin.ts'
import { weighted } from './weighted.ts'

/** The built-in strategies by name. `powerOf3` and the like are understood for every number of draws. */
export const strategies: Readonly<Record<string, Strategy>> = {
  leastload,
  lru,
  plainrandom,
  twobin,
  weighted,
  pure,
  hlfet,
  tlevel,
  heft,
  cpop,
  dls,
  etf,
  mcp,
  powerOf2: powerOfD(2),
}

/** The strategy that is meant; a `ConfigurationError` for an unknown name. A bare function is named after itself. */
export function resolveStrategy(like: StrategyLike): Strategy {
  if (typeof like === 'function') return strategy(like.name === '' ? 'custom' : like.name, like)
  if (typeof like === 'object') return like
  if (Object.hasOwn(strategies, like)) return strategies[like] as Strategy
  const draws = /^powerOf([1-9]\d{0,8})$/.exec(like)?.[1]
  if (draws !== undefined) return powerOfD(Number(draws))
  throw new ConfigurationError(
    `There is no strategy '${like}'. Name one of ${Object.keys(strategies).join(', ')} (or 3, or any number of draws), or give your own.`,
    { details: { strategy: like } },
  )
}
