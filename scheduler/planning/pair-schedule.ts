import TinyQueue from 'tinyqueue'
import { ConfigurationError } from '../../core/errors.ts'
import { PartialSchedule } from './partial-schedule.ts'
import { canRun, type PlanningProblem, type Schedule } from './planning-problem.ts'

/** How pairs of a task and an engine compare. */
export interface PairRule {
  /**
   * Of all pairs, the one with the least goes first. It must not become less as `startMs` grows, and depends on the engine by `startMs` alone
   * for tasks that are `alike` everywhere.
   */
  value(task: number, engine: number, startMs: number): number
  /** Between pairs of the same value; then the lowest number of the task goes first, then of the engine. */
  compare(a: number, b: number): number
  /** Whether the task is the same to all engines that can run it, but for when it can begin there. */
  alike(task: number): boolean
}

/** Tasks of which only the first can be next: they can begin equally early, wherever that is. */
type Line = TinyQueue<number>

/** A task and where it is best placed next. */
interface Pair {
  readonly line: Line
  readonly task: number
  readonly engine: number
  readonly startMs: number
  readonly value: number
}

/**
 * Of all pairs of a task whose parents are all placed and an engine, the first one by the rule is placed next, after what is at that engine.
 * What was best for a task can only have become worse since, so that it is looked at again only when it is first; and of tasks
 * that wait for nothing that has to travel, and can begin equally early, only the first is looked at.
 */
export function pairSchedule(problem: PlanningProblem, rule: PairRule): Schedule {
  const schedule = new PartialSchedule(problem)
  const before = (a: Pair, b: Pair) =>
    a.value - b.value || rule.compare(a.task, b.task) || a.task - b.task || a.engine - b.engine
  const inLine = (a: number, b: number) => rule.value(a, 0, 0) - rule.value(b, 0, 0) || rule.compare(a, b) || a - b
  const queue = new TinyQueue<Pair>([], before)
  const lines = new Map<string, Line>()
  const lookAt = (line: Line) => {
    const task = line.peek()
    if (task !== undefined) queue.push(bestPair(problem, schedule, line, task, rule))
  }
  for (;;) {
    const changed = new Set<Line>()
    for (const task of schedule.ready.splice(0)) {
      const key = rule.alike(task) ? keyOf(problem, schedule, task) : undefined
      const line = (key === undefined ? undefined : lines.get(key)) ?? new TinyQueue<number>([], inLine)
      if (key !== undefined) lines.set(key, line)
      line.push(task)
      if (line.peek() === task) changed.add(line)
    }
    for (const line of changed) lookAt(line)
    const first = queue.pop()
    if (first === undefined) return schedule
    // It was placed, or another has come before it: then that one is in the queue, too.
    if (first.line.peek() !== first.task) continue
    const now = bestPair(problem, schedule, first.line, first.task, rule)
    const next = queue.peek()
    if (next !== undefined && before(now, next) > 0) queue.push(now)
    else {
      first.line.pop()
      schedule.place(now.task, now.engine, now.startMs)
      lookAt(first.line)
    }
  }
}

/** What tasks have in common that can begin equally early, wherever that is; undefined where it depends on the engine by itself. */
function keyOf(problem: PlanningProblem, schedule: PartialSchedule, task: number): string | undefined {
  const dataMs = schedule.dataMs(task, 0)
  for (let engine = 1; engine < problem.engineCores.length; engine += 1) {
    if (schedule.dataMs(task, engine) !== dataMs) return undefined
  }
  return `${dataMs} ${problem.graph.cores[task]}`
}

function bestPair(problem: PlanningProblem, schedule: PartialSchedule, line: Line, task: number, rule: PairRule): Pair {
  let best: Pair | undefined
  for (let engine = 0; engine < problem.engineCores.length; engine += 1) {
    if (!canRun(problem, task, engine)) continue
    const startMs = schedule.earliestStartMs(task, engine, 'end')
    const value = rule.value(task, engine, startMs)
    if (best === undefined || value < best.value) best = { line, task, engine, startMs, value }
  }
  if (best === undefined) throw new ConfigurationError(`task ${task} can run on no engine`)
  return best
}
