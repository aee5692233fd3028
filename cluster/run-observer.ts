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

/** All of them as one; nothing where there is none. */
export function together(observers: readonly (RunObserver | undefined)[]): RunObserver | undefined {
  const present = observers.filter((observer) => observer !== undefined)
  if (present.length < 2) return present[0]
  return {
    happening(events) {
      for (const observer of present) observer.happening(events)
    },
    performing(effects) {
      for (const observer of present) observer.performing(effects)
    },
    happened() {
      for (const observer of present) observer.happened?.()
    },
  }
}
