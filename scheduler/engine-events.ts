import { EngineRecord } from './engine-record.ts'
import { admit } from './engines.ts'
import type { SchedulerEvent } from './events.ts'
import { initialMark, initialRttMs, nextMark, observeRoundTrip } from './high-water-mark.ts'
import { resolveLoss } from './outcomes.ts'
import { outlook } from './placement.ts'
import { checkMark, type SchedulerState } from './state.ts'
import { reconsider } from './waiting.ts'

type EventOf<Type> = Extract<SchedulerEvent, { type: Type }>

/** A number that was given before is a late or repeated message. */
export function engineJoined(state: SchedulerState, event: EventOf<'engineJoined'>): void {
  if (event.engine < state.nextEngine) return
  const hwm = event.hwm ?? state.hwm
  checkMark(hwm)
  state.nextEngine = event.engine + 1
  state.front -= 1
  const { engine: id, concurrency: cores = 1, speed = 1 } = event
  const engine = new EngineRecord({ id, hwm, cores, speed }, initialMark(hwm, cores), state.front, initialRttMs)
  state.engines.set(engine.id, engine)
  state.index.join(engine, state.engines.values(), state.engines.size)
  admit(state, engine)
  state.strategy.run.engineJoined?.(engine)
  if (state.strategy.run.steal !== undefined) state.idle.push(engine)
}

/**
 * Every task there is resolved, once: back to its place in the queue, or ended if this was one engine too many. Then those elsewhere
 * that counted on this engine are looked at again.
 */
export function engineLeft(state: SchedulerState, event: EventOf<'engineLeft'>): void {
  const engine = state.engines.get(event.engine)
  if (engine === undefined) return
  state.engines.delete(engine.id)
  state.draining.delete(engine)
  state.index.leave(engine)
  state.load -= engine.load
  state.ready.isChanged = true
  if (engine.stage === 'serving') state.strategy.run.engineLeft?.(engine)
  const lost = engine.tasks.sort((a, b) => a.sequence - b.sequence)
  for (const task of lost) {
    task.slot = -1
    state.strategy.finished?.(task, engine, { outcome: 'lost', durationMs: 0 })
    resolveLoss(state, task, event.reason)
  }
  for (const task of engine.direct.sort((a, b) => a.sequence - b.sequence)) {
    task.slot = -1
    resolveLoss(state, task, event.reason)
  }
  reconsiderBound(state, engine)
  endRefused(state)
}

export function roundTrip(state: SchedulerState, event: EventOf<'roundTrip'>): void {
  const engine = state.engines.get(event.engine)
  if (engine === undefined) return
  observeRoundTrip(engine, event.rttMs)
  if (engine.hwm !== 'auto') return
  engine.mark = nextMark(engine)
  admit(state, engine)
}

/** Tasks that could go to particular engines only, this one among them. */
function reconsiderBound(state: SchedulerState, engine: EngineRecord): void {
  for (const task of [...(state.witnesses.get(engine.id) ?? [])]) reconsider(state, task)
  for (const group of [...(state.ready.byEngine.get(engine.id) ?? [])]) {
    if (group.engines.some((id) => state.engines.has(id))) continue
    for (const task of [...group]) reconsider(state, task)
  }
}

/** Tasks that only engines that have left had not refused. */
function endRefused(state: SchedulerState): void {
  for (const group of [...state.ready.except]) {
    const refusing = group.engines.filter((id) => state.engines.has(id)).length
    if (refusing < state.engines.size) continue
    for (const task of [...group]) reconsider(state, task)
  }
  for (const task of [...(state.ready.nowhere ?? [])]) if (outlook(state, task) !== 'open') reconsider(state, task)
}
