import { FreePlaces } from './free-places.ts'
import { isBound } from './is-bound.ts'
import { strategy } from './strategy.ts'

/**
 * First come, first served, strictly: a task begins as soon as enough cores of one engine are free for it, and none overtakes one that has
 * to wait for that; but one of one core that is bound to particular engines holds nobody back. Nothing waits at an engine. It goes to the least loaded engine if it can begin there, else to the first in order of
 * arrival where it can. Ties: as `leastload`. No randomness.
 */
export const fcfs = strategy('fcfs', {
  start() {
    const places = new FreePlaces()
    return {
      choose: (task, engines) => places.find(task, engines) ?? (isBound(task) ? 'pass' : 'hold'),
      engineJoined: (engine) => places.engineJoined(engine),
      engineLeft: (engine) => places.engineLeft(engine),
    }
  },
})
