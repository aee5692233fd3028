import { FreePlaces } from './free-places.ts'
import { isBound } from './is-bound.ts'
import { Jobs } from './jobs.ts'
import { strategy } from './strategy.ts'

/**
 * Shortest remaining processing time first, of jobs: tasks that depend on each other, directly or through others, are one job. What remains
 * of a job is the expected duration of all its tasks that have not ended; an attempt that failed, or was lost with its engine, has to be
 * repeated in full, and reduces nothing. Of the ready tasks of the highest priority, the one goes first whose job had the least remaining when
 * the task became ready. A job is preempted where one of its tasks ends and the next begins; a task, never. So a task of its own is
 * a job that cannot be preempted, and of such this is `sjf`. Where a task goes, and if the first does not fit: as `fcfs`.
 * Ties: order of submission. No randomness. What nothing is known of remains longest: in a cluster it is `fcfs`.
 * Source: Schrage, A Proof of the Optimality of the Shortest Remaining Processing Time Discipline, Operations Research 16, 1968.
 */
export const srpt = strategy('srpt', {
  information: 'estimates',
  start({ estimates }) {
    const places = new FreePlaces()
    const jobs = new Jobs((task) => estimates.durationMs(task))
    return {
      tasksSubmitted: (tasks) => jobs.submitted(tasks),
      rank: (task) => jobs.remainingMs(task),
      choose: (task, engines) => places.find(task, engines) ?? (isBound(task) ? 'pass' : 'hold'),
      taskEnded: (task) => jobs.ended(task),
      engineJoined: (engine) => places.engineJoined(engine),
      engineLeft: (engine) => places.engineLeft(engine),
    }
  },
})
