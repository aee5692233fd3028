/**
 * The contract between a suite and the frame that runs it. A suite says what is measured and of whom; the frame takes the measurements in
 * rounds, in which those that are compared take turns, keeps every sample, and makes tables, JSON, plots and comparisons of them.
 */
import type { RecordableHistogram } from 'node:perf_hooks'

export interface Suite {
  /**
   * Opens all that the rounds need (peers, clusters, links), once for all rounds. What it opens before it fails it must close itself: the
   * frame closes only what it was given.
   */
  open(options: SuiteOptions): Promise<OpenSuite>
}

/** `full` for figures that are told to others, `quick` for a look within seconds, `least` to see only that everything runs. */
export type Size = 'least' | 'quick' | 'full'

export interface SuiteOptions {
  readonly size: Size
  /** For about how long one call of a case's `take` should measure, where it can choose. */
  readonly takeMs: number
  /** A transport of the user's own: the file of the module that registers it, and the address to measure it at. */
  readonly transport?: { readonly module: string; readonly address: string } | undefined
}

export interface OpenSuite {
  readonly measures: readonly Measure[]
  /** What the reader must know: what was left out because it is not installed, what limits a comparison. */
  readonly notes?: readonly string[]
  close(): Promise<void>
}

/** What is measured, and the cases that are compared by it. They take turns in each round. */
export interface Measure {
  /** `round trip, one at a time`. With the suite, the subject and the parameter it names a figure in comparisons: it must not change lightly. */
  readonly name: string
  /** What each case is measured by, from the same work. */
  readonly figures: Readonly<Record<string, Figure>>
  /** What `at` of the cases means: figures are plotted against it. */
  readonly parameter?: Parameter
  readonly cases: readonly Case[]
  /** Too long, or too exact, to be taken in each round: taken once, without a warm-up, and so without an interval. */
  readonly once?: boolean
}

export interface Figure {
  /** `µs`, `messages/s`, `bytes` */
  readonly unit: string
  readonly better: 'lower' | 'higher'
  /** False where a ratio to the reference says nothing. */
  readonly isComparable?: boolean
}

export interface Parameter {
  /** `message size` */
  readonly name: string
  /** `B`; of a count, none. */
  readonly unit?: string
}

/** One subject at one value of the parameter. */
export interface Case {
  /** `ws`, `piscina`, `4 engines` */
  readonly subject: string
  /** The value of the measure's parameter. */
  readonly at?: number
  /** Figures are also told as ratios to those of this case of the same measure, round by round. Default: own subject, own parameter. */
  readonly reference?: { readonly subject?: string; readonly at?: number }
  /** What is promised of its figures. */
  readonly targets?: readonly Target[]
  /** Collects nanoseconds over all rounds, for the plot of the distribution. The frame empties it after the warm-up. */
  readonly latencies?: RecordableHistogram
  /** Measures once. A value that cannot be had is NaN. */
  take(): Sample | Promise<Sample>
}

/** A value for each of the measure's figures, in its unit. */
export type Sample = Readonly<Record<string, number>>

export interface Target {
  /** By its name in the measure. */
  readonly figure: string
  /** What the table of targets calls it: `` `apply` on threads, tasks a second`` */
  readonly promise: string
  /**
   * Promised is the ratio to this case of the same measure, round by round; absent: the figure itself. Default: own subject, own
   * parameter. Where that case is not measured, for lack of a peer, the target is not judged.
   */
  readonly to?: { readonly subject?: string; readonly at?: number }
  readonly atLeast?: number
  readonly atMost?: number
}
