/** What the controller and an open page say to each other: first the run, then what has changed, a few times a second. */
import type {
  Bar,
  Counts,
  EngineLine,
  EngineState,
  Memory,
  OpenBar,
  Point,
  Run,
  SessionLine,
  TaskError,
} from './run.ts'

export type EngineNews = readonly [
  id: number,
  load: EngineState['load'],
  mark: EngineState['mark'],
  direct: EngineState['direct'],
  completed: EngineState['completed'],
  failed: EngineState['failed'],
  busyMs: EngineState['busyMs'],
]

/** `[bucket, more, bucket, more, …]` */
export type HistogramNews = readonly number[]

/** What has changed since the message before. */
export interface Update {
  readonly type: 'update'
  readonly nowMs: number
  readonly counts: Counts
  readonly submitted: number
  readonly memory: Memory
  readonly changes: Run['changes']
  readonly labels: readonly string[]
  readonly joined: readonly EngineLine[]
  readonly left: readonly (readonly [id: number, at: number, reason: string])[]
  readonly engines: readonly EngineNews[]
  readonly bars: readonly Bar[]
  /** All that are known. */
  readonly open: readonly OpenBar[]
  readonly point?: Point
  readonly wait: HistogramNews
  readonly run: HistogramNews
  readonly latency: HistogramNews
  readonly errors: readonly TaskError[]
  /** All of them. Absent: none has changed. */
  readonly sessions?: readonly SessionLine[]
}

export type ToPage =
  | { readonly type: 'run'; readonly run: Run }
  | Update
  /** What became of `setStrategy`; `error`: it was refused. */
  | { readonly type: 'answer'; readonly request: number; readonly error?: string }

export interface FromPage {
  readonly type: 'setStrategy'
  readonly request: number
  readonly strategy: string
}
