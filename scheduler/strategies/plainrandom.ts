import { strategy } from './strategy.ts'

/** A uniform draw. No ties. One random number a task. */
export const plainrandom = strategy('plainrandom', (_task, engines, random) => engines.at(random.below(engines.size)))
