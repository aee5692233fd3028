import { ConfigurationError } from '../../core/errors.ts'
import { conservative } from './conservative.ts'
import { cpop } from './cpop.ts'
import { dls } from './dls.ts'
import { easy } from './easy.ts'
import { etf } from './etf.ts'
import { fcfs } from './fcfs.ts'
import { heft } from './heft.ts'
import { hlfet } from './hlfet.ts'
import { joinIdleQueue } from './join-idle-queue.ts'
import { jsq } from './jsq.ts'
import { lateBinding } from './late-binding.ts'
import { leastload } from './leastload.ts'
import { locality } from './locality.ts'
import { lru } from './lru.ts'
import { mcp } from './mcp.ts'
import { plainrandom } from './plainrandom.ts'
import { powerOfD } from './power-of-d.ts'
import { priority } from './priority.ts'
import { pure } from './pure.ts'
import { roundRobin } from './round-robin.ts'
import { sed } from './sed.ts'
import { sjf } from './sjf.ts'
import { srpt } from './srpt.ts'
import { type Strategy, type StrategyLike, strategy } from './strategy.ts'
import { tlevel } from './tlevel.ts'
import { twobin } from './twobin.ts'
import { warm } from './warm.ts'
import { weighted } from './weighted.ts'
import { weightedRoundRobin } from './weighted-round-robin.ts'
import { workStealing } from './work-stealing.ts'

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
  roundRobin,
  weightedRoundRobin,
  jsq,
  sed,
  joinIdleQueue,
  warm,
  workStealing,
  lateBinding: lateBinding(2),
  locality,
  priority,
  sjf,
  srpt,
  fcfs,
  easy,
  conservative,
}

/** The strategy that is meant; a `ConfigurationError` for an unknown name. A bare function is named after itself. */
export function resolveStrategy(like: StrategyLike): Strategy {
  if (typeof like === 'function') return strategy(like.name === '' ? 'custom' : like.name, like)
  if (typeof like === 'object') return like
  if (Object.hasOwn(strategies, like)) return strategies[like] as Strategy
  const draws = /^powerOf([1-9]\d{0,8})$/.exec(like)?.[1]
  if (draws !== undefined) return powerOfD(Number(draws))
  throw new ConfigurationError(
    `There is no strategy '${like}'. Name one of ${Object.keys(strategies).join(', ')}; powerOf3, or any number of draws; or give your own.`,
    { details: { strategy: like } },
  )
}
