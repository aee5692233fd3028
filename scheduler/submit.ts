import type { SessionId } from '../core/ids.ts'
import { findCircles } from './circles.ts'
import { attach } from './dependencies.ts'
import { sendDirect } from './direct.ts'
import type { SchedulerEvent, TaskSpec } from './events.ts'
import type { ClientAccount } from './quota.ts'
import type { SchedulerState } from './state.ts'
import { TaskRecord, termsOf } from './task.ts'
import { move } from './transitions.ts'
import { enqueue, finishImpossible, release, watch } from './waiting.ts'

type Submit = Extract<SchedulerEvent, { type: 'submit' }>

/**
 * A batch is registered as a whole before any of it is looked at: its tasks may name each other in any order. An id that is in
 * use is refused, and so is what a limit leaves no room for; everything else is accepted, and gets exactly one terminal reply.
 */
export function submit(state: SchedulerState, { tasks }: Submit): void {
  const batch: TaskRecord[] = []
  for (const spec of tasks) {
    const task = accept(state, spec)
    if (task !== undefined) batch.push(task)
  }
  start(state, batch)
}

/** Registers one task; undefined, and a `refuse`, where its id is in use, or a limit is reached. */
export function accept(
  state: SchedulerState,
  spec: TaskSpec,
  request: 'submit' | 'resubmit' = 'submit',
): TaskRecord | undefined {
  if (state.tasks.has(spec.id)) {
    const message = `There is a task ${spec.id} already. Every submission needs an id of its own.`
    state.effects.push({
      type: 'refuse',
      request,
      id: spec.id,
      fault: { code: 'YM_PROTOCOL', message, details: { task: spec.id } },
    })
    return undefined
  }
  const account = accountOf(state, spec.client)
  const fault = state.quota.refusal(account)
  if (fault !== undefined) {
    state.effects.push({ type: 'refuse', request, id: spec.id, fault })
    return undefined
  }
  state.lastTerms = termsOf(spec, state.lastTerms, account)
  const shared = spec.shared && state.shared.find(spec.shared)
  const task = new TaskRecord(spec, state.lastTerms, shared, state.nextSequence, state.moment)
  state.nextSequence += 1
  state.tasks.add(task)
  state.counts.waiting += 1
  state.quota.open(task)
  return task
}

/** The client of the latest submission is often that of the next. */
export function accountOf({ lastTerms, quota }: SchedulerState, client: SessionId): ClientAccount {
  return lastTerms?.client === client ? lastTerms.account : quota.accountOf(client)
}

/** Looks at accepted tasks, in order. `earlier` gives the record that each resubmits. */
export function start(state: SchedulerState, batch: readonly TaskRecord[], earlier?: readonly TaskRecord[]): void {
  tellStrategy(state, batch)
  let mayBeCircular = false
  for (let i = 0; i < batch.length; i += 1) {
    const task = batch[i] as TaskRecord
    if (task.queueTimeoutMs > 0) state.deadlines.arm(task, task.submittedAt + task.queueTimeoutMs)
    if (task.direct) {
      sendDirect(state, task)
      continue
    }
    if (task.after.length === 0 && task.follow.length === 0) {
      move(state, task, 'ready')
      enqueue(state, task)
      continue
    }
    const obstacle = attach(state, task, earlier?.[i])
    if (obstacle !== undefined) finishImpossible(state, task, obstacle)
    else if (!release(state, task)) watch(state, task)
    // One that follows any of several may be ready, and wait for another place when it loses the one it has.
    if (task.dependencies !== undefined) mayBeCircular ||= batch.length > 1 || namesItself(task)
  }
  if (mayBeCircular && hasForwardReference(state, batch)) findCircles(state, batch)
}

/** Direct tasks are none of its business. */
function tellStrategy(state: SchedulerState, batch: readonly TaskRecord[]): void {
  const { run } = state.strategy
  if (run.tasksSubmitted === undefined) return
  run.tasksSubmitted(batch.some(({ direct }) => direct) ? batch.filter(({ direct }) => !direct) : batch)
}

function namesItself(task: TaskRecord): boolean {
  return [...task.after, ...task.follow].some((spec) => spec.ids.includes(task.id))
}

/** Only where a task names itself or a later one of its batch can there be a circle. */
function hasForwardReference(state: SchedulerState, batch: readonly TaskRecord[]): boolean {
  return batch.some((task) => {
    if (task.dependencies === undefined) return false
    return task.dependencies.specs.some(({ spec }) =>
      spec.ids.some((id) => (state.tasks.get(id)?.sequence ?? -1) >= task.sequence),
    )
  })
}
