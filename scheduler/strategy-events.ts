import { faultFrom } from '../core/errors.ts'
import { recall } from './abort.ts'
import type { EngineRecord } from './engine-record.ts'
import type { SchedulerEvent } from './events.ts'
import { activate, type SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { enqueue } from './waiting.ts'

/**
 * The new strategy is told of the engines and of the ready tasks, as if they had just come. Nothing that was assigned moves.
 * One that cannot start does not come into force.
 */
export function setStrategy(state: SchedulerState, event: Extract<SchedulerEvent, { type: 'setStrategy' }>): void {
  const { strategy } = event
  try {
    state.strategy = activate(strategy, state, { report: (fault) => state.effects.push(fault), now: () => state.now })
  } catch (error) {
    const name = typeof strategy === 'string' ? strategy : strategy.name
    state.effects.push({ type: 'strategyFault', strategy: name, fault: faultFrom(error) })
    return
  }
  state.index.reset()
  for (const engine of state.engines.values()) {
    if (engine.stage === 'serving') state.strategy.run.engineJoined?.(engine)
  }
  const ready = [...state.ready.occupied()].flatMap((group) => [...group]).sort((a, b) => a.sequence - b.sequence)
  // All leave before any comes back: ranks must not change in a queue.
  for (const task of ready) state.ready.remove(task)
  for (const task of ready) enqueue(state, task)
}

/** Lets engines that became idle, and for which nothing was ready, call back a task from a busy one. */
export function stealForIdle(state: SchedulerState): void {
  if (state.idle.length === 0) return
  const { run } = state.strategy
  for (const engine of state.idle) {
    if (run.steal === undefined || !engine.available || engine.load > 0) continue
    const busy = [...state.engines.values()].filter((other) => other.load > 1)
    if (busy.length === 0) break
    const victim = run.steal(engine, busy)
    const task = busy
      .find((other) => other === victim)
      ?.tasks.filter(unbegun)
      .sort(latestFirst)[0]
    if (task !== undefined && mayServe(engine, task)) recall(state, task)
  }
  state.idle = []
}

function unbegun(task: TaskRecord): boolean {
  return task.status === 'assigned' && task.asked === 'nothing'
}

function latestFirst(a: TaskRecord, b: TaskRecord): number {
  return b.assignedAt - a.assignedAt || b.sequence - a.sequence
}

function mayServe(engine: EngineRecord, task: TaskRecord): boolean {
  if (task.refusedBy.includes(engine.id)) return false
  if (task.targets.length > 0 && !task.targets.includes(engine.id)) return false
  return task.dependencies?.follow.every((spec) => spec.engines.includes(engine.id)) ?? true
}
