import type { SchedulerState } from '../../scheduler/state.ts'
import { Traffic } from './counted-connection.ts'
import { RunCounts } from './run-counts.ts'

/** What a controller counts besides its scheduler, for its metrics. */
export class ControllerCounts {
  readonly run = new RunCounts()
  /** By who is at the other end; strangers have not proved yet who they are. */
  readonly traffic = { client: new Traffic(), engine: new Traffic(), stranger: new Traffic() }
}

/** What metrics are read from, when they are asked for. */
export interface MetricsSource {
  readonly cluster: string
  readonly state: SchedulerState
  readonly clients: number
  /** What links have accepted and not sent yet. */
  readonly unsentBytes: number
  readonly lostEngines: number
  readonly refusedConnections: number
  readonly counts: ControllerCounts
}
