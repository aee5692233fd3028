import { cpus, loadavg, totalmem } from 'node:os'

/** On what, and beside what other load, a run was made. */
export interface Machine {
  readonly node: string
  readonly v8: string
  /** `linux-x64` */
  readonly platform: string
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  /** Options of node with which the suites ran. */
  readonly flags: readonly string[]
  /** Processes that wanted to run, on average over the last 1, 5 and 15 minutes. */
  readonly loadAtStart: readonly number[]
  readonly loadAtEnd: readonly number[]
}

export function describeMachine(flags: readonly string[], loadAtStart: readonly number[]): Machine {
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    flags,
    loadAtStart,
    loadAtEnd: loadavg(),
  }
}
