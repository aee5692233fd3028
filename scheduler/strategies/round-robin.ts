import { pure } from './pure.ts'
import type { Strategy } from './strategy.ts'

/** `pure` by the name that it has in the literature: the next engine in order of arrival after the one chosen last. */
export const roundRobin: Strategy = { ...pure, name: 'roundRobin' }
