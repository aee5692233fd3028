import type { AttemptOutcome, Effect, SchedulerEvent } from '../../scheduler/events.ts'
import type { RunObserver } from '../run-observer.ts'
import { BucketCounts } from './bucket-counts.ts'

/** Milliseconds: three bounds for each power of ten, from a tenth of a millisecond to 1,000 s. */
const durationBounds = [-1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power))

/** What the scheduler's own state does not tell of a run: how attempts ended, and how long tasks took. */
export class RunCounts implements RunObserver {
  /** Those that engines have answered for. */
  readonly attempts: Record<AttemptOutcome, number> = {
    succeeded: 0,
    failed: 0,
    unmet: 0,
    aborted: 0,
    timedOut: 0,
    recalled: 0,
    lost: 0,
  }
  /** Tasks that were not accepted, by the code of the reason. */
  readonly refusedTasks = new Map<string, number>()
  strategyFaults = 0
  enginesJoined = 0
  enginesLeft = 0
  /** Of tasks that have ended: from submission to the end, from submission to the beginning of the last attempt, and that attempt. */
  readonly latencyMs = new BucketCounts(durationBounds)
  readonly waitMs = new BucketCounts(durationBounds)
  readonly runMs = new BucketCounts(durationBounds)

  happening(events: readonly SchedulerEvent[]): void {
    for (const event of events) {
      if (event.type === 'ended') for (const { outcome } of event.results) this.attempts[outcome] += 1
      else if (event.type === 'engineJoined') this.enginesJoined += 1
      else if (event.type === 'engineLeft') this.enginesLeft += 1
    }
  }

  performing(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'end') this.#ended(effect.task)
      else if (effect.type === 'refuse' && effect.request === 'submit') {
        const { code } = effect.fault
        this.refusedTasks.set(code, (this.refusedTasks.get(code) ?? 0) + 1)
      } else if (effect.type === 'strategyFault') this.strategyFaults += 1
    }
  }

  #ended(task: Extract<Effect, { type: 'end' }>['task']): void {
    const { submittedAt, startedAt, durationMs } = task
    this.latencyMs.add(task.endedAt - submittedAt)
    // Not a number where no attempt of it began.
    if (startedAt >= submittedAt) this.waitMs.add(startedAt - submittedAt)
    if (durationMs >= 0) this.runMs.add(durationMs)
  }
}
