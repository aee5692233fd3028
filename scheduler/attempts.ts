import type { EngineRecord } from './engine-record.ts'
import { admit, releaseSlot, releaseZombie } from './engines.ts'
import type { AttemptResult, SchedulerEvent } from './events.ts'
import { faultOf, finish } from './finish.ts'
import { nextMark, observeDuration } from './high-water-mark.ts'
import { finishAborted, resolveLoss, retryOr, returnToReady } from './outcomes.ts'
import type { SchedulerState } from './state.ts'
import { noEngine, type TaskRecord } from './task.ts'
import { move } from './transitions.ts'

type Begun = Extract<SchedulerEvent, { type: 'begun' }>
type Printed = Extract<SchedulerEvent, { type: 'printed' }>
type Ended = Extract<SchedulerEvent, { type: 'ended' }>

/** News from engines of attempts. What is not of the current attempt, at that engine, is late or a duplicate, and changes nothing. */

export function begun(state: SchedulerState, event: Begun): void {
  const engine = state.engines.get(event.engine)
  if (engine === undefined) return
  for (const { id, attempt } of event.tasks) {
    const task = current(state, engine, id, attempt)
    if (task === undefined || task.status === 'running') continue
    move(state, task, 'running')
    task.asked = 'nothing'
    task.begun = state.moment
    state.ready.isChanged = true
    state.deadlines.disarm(task)
    if (!task.direct) state.strategy.run.taskStarted?.(task, engine)
  }
}

/** What an attempt before it printed is dropped. */
export function printed(state: SchedulerState, { engine, id, attempt, printed }: Printed): void {
  const at = state.engines.get(engine)
  const task = at && current(state, at, id, attempt)
  if (task) task.printed = printed
}

export function ended(state: SchedulerState, event: Ended): void {
  const engine = state.engines.get(event.engine)
  if (engine === undefined) return
  let ran = false
  for (const result of event.results) {
    const task = current(state, engine, result.id, result.attempt)
    if (task === undefined) {
      releaseZombie(state, engine, result.id, result.attempt)
      continue
    }
    releaseSlot(state, engine, task)
    if (result.outcome === 'succeeded' || result.outcome === 'failed') {
      if (!task.direct) {
        ran = true
        observeDuration(engine, result.durationMs)
      }
      note(state, task, result)
    } else if (result.outcome === 'timedOut') note(state, task, result)
    if (!task.direct) state.strategy.finished?.(task, engine, result)
    settle(state, task, engine, result)
  }
  if (engine.hwm !== 'auto' || !ran) return
  engine.mark = nextMark(engine)
  admit(state, engine)
}

/** The live task whose current attempt this is. */
function current(
  state: SchedulerState,
  engine: EngineRecord,
  id: TaskRecord['id'],
  attempt: number,
): TaskRecord | undefined {
  const task = state.tasks.get(id)
  if (task === undefined || task.attempt !== attempt || task.engine !== engine.id) return undefined
  return task.status === 'assigned' || task.status === 'running' ? task : undefined
}

/** What is known once it ran. */
function note(state: SchedulerState, task: TaskRecord, result: AttemptResult): void {
  state.deadlines.disarm(task)
  task.ranMs = result.durationMs
  task.answered = state.moment
  task.output = result.output
  task.outputBytes = result.outputBytes ?? 0
  task.fault = undefined
}

function settle(state: SchedulerState, task: TaskRecord, engine: EngineRecord, { outcome }: AttemptResult): void {
  if (outcome === 'succeeded') finish(state, task, 'succeeded')
  else if (task.asked === 'cancel' || outcome === 'aborted') finishAborted(state, task)
  else if (outcome === 'failed') retryOr(state, task, engine, 'failed')
  else if (outcome === 'timedOut') {
    const message = `Task ${task.id} ran longer than its runTimeout of ${task.runTimeoutMs} ms.`
    task.fault = faultOf('YM_RUN_TIMEOUT', task, message, { engine: engine.id })
    retryOr(state, task, engine, 'timedOut')
  } else if (outcome === 'lost') {
    resolveLoss(state, task, 'its executor died')
  } else if (outcome === 'unmet') {
    task.trouble = { ...task.trouble, refusedBy: [...task.trouble.refusedBy, engine.id] }
    returnToReady(state, task)
  } else {
    task.engine = noEngine
    returnToReady(state, task)
  }
}
