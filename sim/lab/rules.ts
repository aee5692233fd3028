/** What an engine does where several things happen at one instant, and whom it asks for data. */
export interface EngineRules {
  /**
   * `together`: all that ends or arrives at an instant is noted before cores are given away, so that they go by priority among all
   * tasks that can begin. `oneByOne`: cores that a task leaves are offered to those that could begin before, and only then to its own
   * consumers; tasks that one object makes ready are admitted one at a time, in order of number.
   */
  readonly admission: 'together' | 'oneByOne'
  /** `holders`: any engine that has a copy, the one with the fewest uploads. `producer`: only the engine that made it. */
  readonly sources: 'holders' | 'producer'
  /**
   * The download of what a task needs goes before others once all its inputs exist. `always`: then all its downloads do. `atRequest`:
   * only those that are asked for from then on.
   */
  readonly urgency: 'always' | 'atRequest'
  /** What has 0 bytes is where it is needed at once. `always`: it is. `prefetched`: only where its consumer was there first. */
  readonly emptyObjects: 'always' | 'prefetched'
}

/** The rules by default. */
export const standardRules: EngineRules = {
  admission: 'together',
  sources: 'holders',
  urgency: 'always',
  emptyObjects: 'always',
}

/**
 * Those of Estee, at commit 5ba5421, for comparison with its published results.
 * Source: Beránek, Böhm, Cima, Analysis of workflow schedulers in simulated distributed environments, J. Supercomputing 78, 2022.
 */
export const esteeRules: EngineRules = {
  admission: 'oneByOne',
  sources: 'producer',
  urgency: 'atRequest',
  emptyObjects: 'prefetched',
}

/** How engines of the lab fetch data and begin tasks: the rules of the house, those of a published simulator, or one's own. */
export type RulesLike = 'standard' | 'estee' | EngineRules

export function rulesOf(like: RulesLike = 'standard'): EngineRules {
  if (like === 'standard') return standardRules
  return like === 'estee' ? esteeRules : like
}
