/** A run of several suites, one after another, each in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { errorFromFault, type Fault } from '../core/errors.ts'
import { describeMachine } from './machine.ts'
import { formatName, formatVersion, type Report, type SuiteReport } from './report.ts'
import type { RunOptions } from './run-suite.ts'
import type { Size, SuiteOptions } from './suite.ts'
import type { SuiteName } from './suites.ts'

export interface BenchOptions extends Pick<SuiteOptions, 'size' | 'transport'> {
  readonly suites: readonly SuiteName[]
  /** So many rounds are kept, however long they take. Default: as many as there is time for. */
  readonly rounds?: number | undefined
  readonly only?: string | undefined
  /** Only what is needed to judge the targets. */
  readonly isForTargets?: boolean | undefined
  /** A suite begins. */
  onSuite?(name: SuiteName): void
}

/** What a suite's process is asked for, once. */
export interface SuiteOrder {
  readonly name: SuiteName
  readonly options: RunOptions
}

/** What it answers, once. */
export type SuiteOutcome =
  | { readonly report: SuiteReport }
  | { readonly fault: Fault; readonly stack: string | undefined }

/**
 * What the scheduler makes dies young, and is cheap where V8 has room for young objects; a controller in the background runs so, too.
 * Memory is measured after a collection that the program asks for.
 */
const flags = ['--expose-gc', '--max-semi-space-size=128']

/** A quick run begins nothing later than this, but the one round that each suite must have. */
const quickMs = 22_000

/** Kept rounds, warm-up rounds, and for how long a suite may open and begin rounds. */
const plans: Record<Size, Omit<RunOptions, 'size'>> = {
  full: { roundsMin: 6, roundsMax: 30, warmUps: 2, takeMs: 150, budgetMs: 120_000 },
  quick: { roundsMin: 1, roundsMax: 6, warmUps: 0, takeMs: 10, budgetMs: 30_000 },
  least: { roundsMin: 1, roundsMax: 1, warmUps: 0, takeMs: 1, budgetMs: 0 },
}

/** What was measured, and what some suites failed with instead. */
export interface BenchResult {
  readonly report: Report
  readonly failures: readonly Error[]
}

/** Never rejects for a suite that fails: what the others found took minutes. */
export async function bench(asked: BenchOptions): Promise<BenchResult> {
  const { suites, size, rounds, only, isForTargets, transport, onSuite } = asked
  const startedAt = new Date()
  const loadAtStart = loadavg()
  const plan = plans[size]
  const quickEnd = performance.now() + quickMs
  const kept = rounds === undefined ? {} : { roundsMin: rounds, roundsMax: rounds }
  const options: RunOptions = { ...plan, ...kept, size, only, isForTargets, transport }
  const reports: SuiteReport[] = []
  const failures: Error[] = []
  for (const [i, name] of suites.entries()) {
    onSuite?.(name)
    // What one suite leaves of its share goes to those after it.
    const share = Math.max(0, quickEnd - performance.now()) / (suites.length - i)
    const budgetMs = rounds === undefined ? (size === 'quick' ? share : plan.budgetMs) : Number.POSITIVE_INFINITY
    try {
      reports.push(await runInProcess({ name, options: { ...options, budgetMs } }))
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const report: Report = {
    format: formatName,
    version: formatVersion,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    size,
    machine: describeMachine(flags, loadAtStart),
    suites: reports,
  }
  return { report, failures }
}

async function runInProcess(order: SuiteOrder): Promise<SuiteReport> {
  const child = fork(fileURLToPath(new URL('./suite-main.js', import.meta.url)), [], {
    execArgv: [...process.execArgv, ...flags],
    // Numbers that are none, and errors with their codes, pass as they are.
    serialization: 'advanced',
  })
  let outcome: SuiteOutcome | undefined
  child.once('message', (message: SuiteOutcome) => {
    outcome = message
  })
  child.send(order)
  const [code, signal] = await once(child, 'exit')
  if (outcome === undefined) throw new Error(`the process of the suite ${order.name} ended with ${signal ?? code}`)
  if ('report' in outcome) return outcome.report
  const error = errorFromFault(outcome.fault)
  if (outcome.stack !== undefined) error.stack = outcome.stack
  throw error
}
