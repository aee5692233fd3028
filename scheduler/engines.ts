import type { EngineRecord } from './engine-record.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'

/**
 * Slots at engines: taken by assignment, given back when the engine has answered for the attempt. Direct tasks are listed
 * beside them: they are no load, and leave when they end.
 */

export function takeSlot(state: SchedulerState, engine: EngineRecord, task: TaskRecord): void {
  task.engine = engine.id
  task.slot = engine.tasks.length
  engine.tasks.push(task)
  engine.load += 1
  engine.freeCores -= task.cores
  state.load += 1
  state.back += 1
  engine.lastUsed = state.back
  // What an engine holds at a restart may be more than its mark.
  if (!engine.available) return
  if (engine.load < engine.mark) state.index.changed(engine)
  else state.index.remove(engine)
}

export function takeDirectSlot(engine: EngineRecord, task: TaskRecord): void {
  task.engine = engine.id
  task.slot = engine.direct.length
  engine.direct.push(task)
}

/** The task is not there any more. */
export function releaseSlot(state: SchedulerState, engine: EngineRecord, task: TaskRecord): void {
  vacate(engine, task)
  if (!task.direct) reduceLoad(state, engine, task.cores)
}

/** The task ends at once; its attempt stays until the engine answers for it. */
export function makeZombie(state: SchedulerState, engine: EngineRecord, task: TaskRecord): void {
  vacate(engine, task)
  if (task.direct) return
  engine.zombies ??= new Map()
  // An id can come back only after the record was forgotten; then nobody waits for its older attempt.
  const older = engine.zombies.get(task.id)
  if (older !== undefined) reduceLoad(state, engine, older.cores)
  engine.zombies.set(task.id, { attempt: task.attempt, cores: task.cores })
}

export function releaseZombie(
  state: SchedulerState,
  engine: EngineRecord,
  id: TaskRecord['id'],
  attempt: number,
): void {
  const zombie = engine.zombies?.get(id)
  if (zombie?.attempt !== attempt) return
  engine.zombies?.delete(id)
  reduceLoad(state, engine, zombie.cores)
}

/** Brings the index in line with load and mark. */
export function admit(state: SchedulerState, engine: EngineRecord): void {
  state.ready.isChanged = true
  const available = engine.load < engine.mark && engine.stage === 'serving'
  if (available && engine.available) state.index.changed(engine)
  else if (available) {
    state.index.add(engine)
    state.freed.push(engine)
  } else if (engine.available) state.index.remove(engine)
}

function reduceLoad(state: SchedulerState, engine: EngineRecord, cores: number): void {
  engine.load -= 1
  engine.freeCores += cores
  state.load -= 1
  admit(state, engine)
  if (engine.load === 0 && state.strategy.run.steal !== undefined) state.idle.push(engine)
}

function vacate(engine: EngineRecord, task: TaskRecord): void {
  const list = task.direct ? engine.direct : engine.tasks
  const last = list.pop() as TaskRecord
  if (last !== task) {
    list[task.slot] = last
    last.slot = task.slot
  }
  task.slot = -1
}
