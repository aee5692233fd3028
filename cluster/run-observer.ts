import type { Log } from '../core/log.ts'
import type { Effect, SchedulerEvent } from '../scheduler/events.ts'

/** Looks at a run as it happens: to look, never to change. What it is given is only valid during the call. */
export interface RunObserver {
  /** What the scheduler is about to be told. */
  happening(events: readonly SchedulerEvent[]): void
  /** What came of it; several times where several things happened. */
  performing(effects: readonly Effect[]): void
  /** All effects of what happened have been told. */
  happened?(): void
}

/** All of them as one; nothing where there is none. A defect of one is told once, and hurts neither the others nor the run. */
export function together(observers: readonly (RunObserver | undefined)[], log: Log): RunObserver | undefined {
  const present = observers.filter((observer) => observer !== undefined)
  if (present.length === 0) return undefined
  const failed = new Set<RunObserver>()
  const each = (look: (observer: RunObserver) => void) => {
    for (const observer of present) {
      try {
        look(observer)
      } catch (error) {
        if (failed.has(observer)) continue
        failed.add(observer)
        log('warn', `what is recorded or shown of this run is incomplete from here on: ${error}`)
      }
    }
  }
  return {
    happening: (events) => each((observer) => observer.happening(events)),
    performing: (effects) => each((observer) => observer.performing(effects)),
    happened: () => each((observer) => observer.happened?.()),
  }
}
