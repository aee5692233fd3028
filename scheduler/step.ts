import { abort, expire } from './abort.ts'
import { begun, ended, printed } from './attempts.ts'
import { endCircles } from './circles.ts'
import { dispatch } from './dispatch.ts'
import { drainEngines, serveDraining } from './draining.ts'
import { engineJoined, engineLeft, roundTrip } from './engine-events.ts'
import type { Effect, SchedulerEvent } from './events.ts'
import { purge, resubmit } from './records.ts'
import { restore } from './restore.ts'
import type { SchedulerState } from './state.ts'
import { setStrategy, stealForIdle } from './strategy-events.ts'
import { submit } from './submit.ts'
import { propagate } from './waiting.ts'

const eventsRemembered = 8

/**
 * Tells the scheduler one event, at a time that never falls, and answers what is to be done, in order. The list is the caller's.
 * Costs O(log n) for each task it concerns; how many others are blocked plays no part.
 */
export function step(state: SchedulerState, event: SchedulerEvent, now: number): readonly Effect[] {
  state.effects = []
  if (now > state.now) state.moment = { ms: now }
  state.now = state.moment.ms
  remember(state, event)
  state.retention.trim()
  expire(state)
  handle(state, event)
  propagate(state)
  endCircles(state)
  dispatch(state)
  serveDraining(state)
  stealForIdle(state)
  return state.effects
}

function handle(state: SchedulerState, event: SchedulerEvent): void {
  switch (event.type) {
    case 'submit':
      return submit(state, event)
    case 'ended':
      return ended(state, event)
    case 'begun':
      return begun(state, event)
    case 'printed':
      return printed(state, event)
    case 'engineJoined':
      return engineJoined(state, event)
    case 'engineLeft':
      return engineLeft(state, event)
    case 'drainEngines':
      return drainEngines(state, event)
    case 'roundTrip':
      return roundTrip(state, event)
    case 'abort':
      return abort(state, event)
    case 'resubmit':
      return resubmit(state, event)
    case 'restore':
      return restore(state, event)
    case 'purge':
      return purge(state, event)
    case 'setStrategy':
      return setStrategy(state, event)
    case 'tick':
      return undefined
  }
}

/** For the message of a defect. */
function remember(state: SchedulerState, event: SchedulerEvent): void {
  state.recentEvents[state.eventCount % eventsRemembered] = event.type
  state.eventCount += 1
}
