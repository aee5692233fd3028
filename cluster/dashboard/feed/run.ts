/**
 * A run as a dashboard shows it, so far or whole; a file that a page saves is the same as JSON. All times are milliseconds since the controller
 * started, all sizes bytes.
 */
import type { Histogram } from './histogram.ts'

/** Of the form. A page refuses what it does not know. */
export const runVersion = 1

/** How an attempt ended. */
export const outcomes = ['succeeded', 'failed', 'aborted', 'timedOut', 'lost'] as const
export type BarOutcome = (typeof outcomes)[number]

/** One attempt at one engine. `label`: its number among the run's `labels`. `outcome`: its number among `outcomes`. */
export type Bar = readonly [
  engine: number,
  startMs: number,
  endMs: number,
  label: number,
  outcome: number,
  task: string,
]

/** An attempt that is known to be under way. */
export type OpenBar = readonly [engine: number, startMs: number, label: number, task: string]

/** Tasks by state; of those that have ended, all since the controller started. */
export interface Counts {
  readonly waiting: number
  readonly ready: number
  readonly assigned: number
  readonly running: number
  readonly succeeded: number
  readonly failed: number
  readonly aborted: number
  readonly timedOut: number
  readonly impossible: number
}

export interface Memory {
  /** Of the controller's process, and of JavaScript's heap in it. */
  readonly resident: number
  readonly heap: number
  /** What live tasks take, and what is kept of those that have ended. */
  readonly queued: number
  readonly kept: number
}

/** The median and what 95 % stay below; -1 where there was nothing. */
export type Spread = readonly [p50: number, p95: number]

/** The state of a run at one time. */
export interface Point {
  readonly at: number
  readonly submitted: number
  readonly ended: number
  readonly failed: number
  readonly waiting: number
  readonly ready: number
  readonly assigned: number
  readonly running: number
  readonly engines: number
  readonly memory: Memory
  /** Of the tasks that ended since the point before: from submission to end, and from submission to start. */
  readonly latencyMs: Spread
  readonly waitMs: Spread
}

/** What changes of an engine. */
export interface EngineState {
  /** Load-balanced tasks there, running or waiting. */
  readonly load: number
  /** It is given no more than so many; 0: any number. */
  readonly mark: number
  /** Direct tasks there. */
  readonly direct: number
  /** Attempts that ended there, and those among them that failed, ran out of time or were lost. */
  readonly completed: number
  readonly failed: number
  /** The sum of how long its tasks ran. */
  readonly busyMs: number
}

export interface EngineLine extends EngineState {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly host: string
  readonly pid: number
  /** Tasks that it runs side by side. */
  readonly concurrency: number
  readonly joinedMs: number
  /** When it left, and why. */
  readonly left?: readonly [at: number, reason: string]
}

/** A client's session. */
export interface SessionLine {
  readonly id: string
  readonly firstMs: number
  readonly lastMs: number
  readonly isConnected: boolean
  readonly submitted: number
  readonly ended: number
  readonly failed: number
  /** Tasks that have not ended, and what they take. */
  readonly live: number
  readonly liveBytes: number
}

export interface TaskError {
  readonly at: number
  readonly task: string
  readonly attempt: number
  /** -1: none had it. */
  readonly engine: number
  readonly label: number
  readonly name: string
  readonly message: string
  /** Empty where there is none. */
  readonly stack: string
}

interface Histograms {
  /** From submission to start, from start to end, and from submission to end. */
  readonly wait: Histogram
  readonly run: Histogram
  readonly latency: Histogram
}

export interface Run {
  readonly format: 'yardmaster-run'
  readonly version: number
  readonly cluster: string
  /** Since the epoch. */
  readonly startedAt: number
  readonly nowMs: number
  /** In force. */
  readonly strategy: string
  /** Those that can be put in force by name. */
  readonly strategies: readonly string[]
  /** Which came into force when. */
  readonly changes: readonly (readonly [at: number, strategy: string])[]
  readonly labels: readonly string[]
  readonly engines: readonly EngineLine[]
  readonly counts: Counts
  readonly submitted: number
  readonly memory: Memory
  readonly histograms: Histograms
  readonly points: readonly Point[]
  /** A part of the attempts that have ended. */
  readonly bars: readonly Bar[]
  readonly open: readonly OpenBar[]
  /** The last ones. */
  readonly errors: readonly TaskError[]
  readonly sessions: readonly SessionLine[]
}
