import { PlannedStarts } from './planned-starts.ts'
import { Reservations } from './reservations.ts'
import { RigidQueue } from './rigid-queue.ts'
import { rigidRun } from './rigid-run.ts'
import { strategy } from './strategy.ts'

/**
 * Conservative backfilling of rigid tasks, each of which occupies its cores of one engine. Every task gets a reservation when it becomes
 * ready: the earliest time from which its cores are expected to be free as long as it runs, beside what runs and all reservations before. It begins
 * then. When a task ends before it was expected to, or an engine joins, all reservations are made anew one after the other, in order, the
 * others staying as they are, until none moves any more; so each moves forward or stays. Where no task runs longer than expected and no engine leaves, none
 * begins after the time that it was given first.
 * When something runs longer than expected, it counts as ending now, and what should have begun by now is due; the reservations are then all made
 * anew in order of their times. A task of which nothing is known counts as endless. Behind one that can be given no time, nothing else is
 * given one, until something ends. A task of one core that is bound to particular engines gets none: it goes where there is room.
 * Among engines: the one where it begins first; ties: the first in order of arrival. No randomness. O(ready tasks · steps of the profile) where reservations
 * move, else O(steps) a task.
 * Source: Mu'alem, Feitelson, Utilization, Predictability, Workloads, and User Runtime Estimates in Scheduling the IBM SP2 with
 * Backfilling, IEEE TPDS 12, 2001.
 */
export const conservative = strategy('conservative', {
  information: 'estimates',
  start({ estimates, now }) {
    const queue = new RigidQueue((task) => estimates.durationMs(task), now)
    const reservations = new Reservations(queue)
    const starts = new PlannedStarts(queue, now, () => reservations.due(now()))
    return rigidRun(queue, starts, {
      begun: (task, job) => reservations.begun(task, job, now()),
      finished: (engine, job) => reservations.finished(engine, job, now()),
      ended: (task) => reservations.ended(task),
      joined: (engine) => reservations.joined(engine, now()),
      left: (engine) => reservations.left(engine),
    })
  },
})
