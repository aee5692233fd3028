import TinyQueue from 'tinyqueue'
import { PartialSchedule } from './partial-schedule.ts'
import type { PlanningProblem, Schedule } from './planning-problem.ts'

/**
 * List scheduling: of the tasks whose parents are all placed, the first by `compare`, of equals the one with the lowest number, is
 * placed next; `place` decides where.
 */
export function listSchedule(
  problem: PlanningProblem,
  compare: (a: number, b: number) => number,
  place: (task: number, schedule: PartialSchedule) => void,
): Schedule {
  const schedule = new PartialSchedule(problem)
  const queue = new TinyQueue<number>([], (a, b) => compare(a, b) || a - b)
  for (;;) {
    for (const task of schedule.ready.splice(0)) queue.push(task)
    const task = queue.pop()
    if (task === undefined) return schedule
    place(task, schedule)
  }
}
