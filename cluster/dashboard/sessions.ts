import type { SessionId } from '../../core/ids.ts'
import type { SchedulerState } from '../../scheduler/state.ts'
import type { TaskRecord } from '../../scheduler/task.ts'
import type { SessionLine } from './feed/run.ts'
import { bounds } from './feed/run-model.ts'

interface Tally {
  readonly id: SessionId
  readonly firstMs: number
  lastMs: number
  submitted: number
  ended: number
  failed: number
}

/** Who submits how much. Of too many, those go that were silent for longest. */
export class Sessions {
  readonly #tallies = new Map<SessionId, Tally>()
  /** Tasks of one client come and end together. */
  #last: Tally | undefined

  submitted(id: SessionId, count: number, nowMs: number): void {
    const tally = this.#tally(id, nowMs)
    tally.submitted += count
    tally.lastMs = nowMs
  }

  ended({ terms: { client }, status }: TaskRecord, nowMs: number): void {
    const tally = this.#tally(client, nowMs)
    tally.ended += 1
    if (status !== 'succeeded') tally.failed += 1
  }

  lines(connected: readonly SessionId[], { quota: { accounts } }: SchedulerState, nowMs: number): SessionLine[] {
    const here = new Set(connected)
    for (const id of here) this.#tally(id, nowMs)
    return Array.from(this.#tallies.values(), (tally) => {
      const account = accounts.get(tally.id)
      const live = account?.tasks ?? 0
      return { ...tally, isConnected: here.has(tally.id), live, liveBytes: account?.bytes ?? 0 }
    })
  }

  #tally(id: SessionId, nowMs: number): Tally {
    if (this.#last?.id === id) return this.#last
    const known = this.#tallies.get(id)
    this.#last = known
    if (known) return known
    if (this.#tallies.size >= bounds.sessions) this.#forgetOne()
    const tally = { id, firstMs: nowMs, lastMs: nowMs, submitted: 0, ended: 0, failed: 0 }
    this.#tallies.set(id, tally)
    return tally
  }

  #forgetOne(): void {
    let quietest: Tally | undefined
    for (const tally of this.#tallies.values()) {
      if (quietest === undefined || tally.lastMs < quietest.lastMs) quietest = tally
    }
    if (quietest) this.#tallies.delete(quietest.id)
    this.#last = undefined
  }
}
