import TinyQueue from 'tinyqueue'
import { ConfigurationError } from '../../core/errors.ts'
import { PartialSchedule } from './partial-schedule.ts'
import { canRun, type PlanningProblem, type Schedule } from './planning-problem.ts'

/** A task and where it is best placed next. */
interface Pair {
  readonly task: number
  readonly engine: number
  readonly startMs: number
  /** Of all pairs, the one with the least goes first. */
  readonly value: number
}

/**
 * Of all pairs of a task whose parents are all placed and an engine, the one with the least `value(task, engine, startMs)` is placed next,
 * after what is at that engine. Ties: by `compare` of the tasks, then the lowest number of the task, then of the engine. `value` must not
 * become less as `startMs` grows: so what was best for a task can only have become worse, and is looked at again only when it is first in line.
 */
export function pairSchedule(
  problem: PlanningProblem,
  value: (task: number, engine: number, startMs: number) => number,
  compare: (a: number, b: number) => number,
): Schedule {
  const schedule = new PartialSchedule(problem)
  const before = (a: Pair, b: Pair) =>
    a.value - b.value || compare(a.task, b.task) || a.task - b.task || a.engine - b.engine
  const queue = new TinyQueue<Pair>([], before)
  for (;;) {
    for (const task of schedule.ready.splice(0)) queue.push(bestPair(problem, schedule, task, value))
    const first = queue.pop()
    if (first === undefined) return schedule
    const now = bestPair(problem, schedule, first.task, value)
    const next = queue.peek()
    if (next !== undefined && before(now, next) > 0) queue.push(now)
    else schedule.place(now.task, now.engine, now.startMs)
  }
}

function bestPair(
  problem: PlanningProblem,
  schedule: PartialSchedule,
  task: number,
  value: (task: number, engine: number, startMs: number) => number,
): Pair {
  let best: Pair | undefined
  for (let engine = 0; engine < problem.engineCores.length; engine += 1) {
    if (!canRun(problem, task, engine)) continue
    const startMs = schedule.earliestStartMs(task, engine, 'end')
    const found = value(task, engine, startMs)
    if (best === undefined || found < best.value) best = { task, engine, startMs, value: found }
  }
  if (best === undefined) throw new ConfigurationError(`task ${task} can run on no engine`)
  return best
}
