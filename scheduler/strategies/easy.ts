import type { EngineId, TaskId } from '../../core/ids.ts'
import { PlannedStarts } from './planned-starts.ts'
import { RigidQueue } from './rigid-queue.ts'
import { rigidRun } from './rigid-run.ts'
import { type EngineView, strategy, type TaskView } from './strategy.ts'

/**
 * EASY (aggressive) backfilling of rigid tasks, each of which occupies its cores of one engine. Tasks begin in order while they fit. The
 * first that does not, the head, gets a reservation: the engine where enough cores are expected to be free first, at the shadow
 * time; of those that are free then, what the head does not need is extra. Each task behind it, in order, begins if it fits now and cannot
 * delay the head: it goes to another engine, or is expected to end by the shadow time, or needs no more than what is left of the extra cores.
 * What runs longer than expected counts as ending now. A task of which nothing is known counts as endless: it is backfilled into extra
 * cores only, and where the shadow time depends on one, so is everything. Wherever the head goes, a reservation is for now: it is
 * made anew at each change. A task of one core that is bound to particular engines is not planned for: it goes where there is room, if it would
 * delay another or not.
 * Among engines where a task fits: the one with the fewest free cores; ties: the first in order of arrival, also of the reservation. No
 * randomness. O(ready tasks · engines) a change while cores are free; O(engines) else.
 * Source: Lifka, The ANL/IBM SP Scheduling System, JSSPP 1995; as defined by Mu'alem, Feitelson, IEEE TPDS 12, 2001.
 */
export const easy = strategy('easy', {
  information: 'estimates',
  start({ estimates, now }) {
    const queue = new RigidQueue((task) => estimates.durationMs(task), now)
    const starts = new PlannedStarts(queue, now, () => planOf(queue, now()))
    return rigidRun(queue, starts)
  },
})

interface Shadow {
  readonly engine: EngineView
  readonly atMs: number
  extra: number
}

/** What begins now. */
function planOf(queue: RigidQueue, nowMs: number): Map<TaskId, EngineId> {
  const starts = new Map<TaskId, EngineId>()
  const free = new Map<EngineView, number>()
  for (const engine of queue.engines.values()) if (engine.freeCores > 0) free.set(engine, engine.freeCores)
  const begun = new Map<EngineId, Release[]>()
  const begin = (task: TaskView, engine: EngineView) => {
    starts.set(task.id, engine.id)
    const left = (free.get(engine) as number) - task.cores
    if (left > 0) free.set(engine, left)
    else free.delete(engine)
    const release = { endMs: nowMs + queue.runMs(task, engine), cores: task.cores }
    const others = begun.get(engine.id)
    if (others === undefined) begun.set(engine.id, [release])
    else others.push(release)
  }
  let shadow: Shadow | undefined
  for (const { task } of queue.ready) {
    if (free.size === 0) break
    const engine = tightest(
      queue,
      task,
      free,
      (one) => shadow === undefined || mayOvertake(queue, task, one, shadow, nowMs),
    )
    if (engine !== undefined) {
      begin(task, engine)
      if (engine === shadow?.engine && nowMs + queue.runMs(task, engine) > shadow.atMs) shadow.extra -= task.cores
    } else shadow ??= shadowOf(queue, task, begun, free, nowMs)
  }
  return starts
}

function mayOvertake(queue: RigidQueue, task: TaskView, engine: EngineView, shadow: Shadow, nowMs: number): boolean {
  if (engine !== shadow.engine || task.cores <= shadow.extra) return true
  return shadow.atMs < Number.POSITIVE_INFINITY && nowMs + queue.runMs(task, engine) <= shadow.atMs
}

/** Of the engines where the task fits now, and that are allowed, the one with the fewest free cores. */
function tightest(
  queue: RigidQueue,
  task: TaskView,
  free: ReadonlyMap<EngineView, number>,
  allowed: (engine: EngineView) => boolean,
): EngineView | undefined {
  let best: EngineView | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const [engine, cores] of free) {
    if (cores < task.cores || cores >= fewest || !queue.suits(task, engine) || !allowed(engine)) continue
    best = engine
    fewest = cores
  }
  return best
}

interface Release {
  readonly endMs: number
  readonly cores: number
}

/** Where and when the head can begin first; undefined: nowhere, ever, so that nothing can delay it. */
function shadowOf(
  queue: RigidQueue,
  head: TaskView,
  begun: ReadonlyMap<EngineId, readonly Release[]>,
  free: ReadonlyMap<EngineView, number>,
  nowMs: number,
): Shadow | undefined {
  let first: Shadow | undefined
  for (const engine of queue.engines.values()) {
    if (!queue.suits(head, engine)) continue
    const releases: Release[] = [...(begun.get(engine.id) ?? [])]
    for (const job of queue.running.values()) if (job.engine === engine.id) releases.push(job)
    releases.sort((a, b) => a.endMs - b.endMs)
    let cores = free.get(engine) ?? Math.min(0, engine.freeCores)
    let atMs = nowMs
    let isSettled = false
    for (const { endMs, cores: released } of releases) {
      const at = Math.max(endMs, nowMs)
      if (isSettled && at > atMs) break
      cores += released
      atMs = at
      isSettled = cores >= head.cores
    }
    // What was sent before this strategy came into force ends at an unknown time.
    if (!isSettled) [cores, atMs] = [engine.cores, Number.POSITIVE_INFINITY]
    if (first === undefined || atMs < first.atMs) first = { engine, atMs, extra: cores - head.cores }
  }
  return first
}
