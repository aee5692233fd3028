import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { histories } from '../../testing/histories/arbitrary.ts'
import { blockedTasksCostNothing } from '../../testing/histories/check-cost.ts'
import { sameSeedSameRun } from '../../testing/histories/check-sameness.ts'
import { openWorkloads, timesDoNotDependOnStrategy } from '../../testing/histories/check-times.ts'
import type { History } from '../../testing/histories/history.ts'
import type { InvariantCheck } from '../../testing/histories/invariant-check.ts'
import { invariantChecks } from '../../testing/histories/invariant-checks.ts'
import { playHistory } from '../../testing/histories/play.ts'
import { expectNone, reportRuns, runsOf, timeoutMs } from './property-runs.ts'

const usualRuns = 1_000

/** All checks are held in one run over many histories. Only where that fails does each rule search for a history of its own. */
class SharedRun {
  histories = 0
  steps = 0
  readonly seen = new Set<string>()
  private outcome: fc.RunDetails<[History]> | undefined

  get isClean(): boolean {
    this.outcome ??= fc.check(
      fc.property(histories(fc), (history) => this.play(history)),
      { ...runsOf(usualRuns), endOnFailure: true },
    )
    return !this.outcome.failed
  }

  expect(checks: readonly InvariantCheck[]): void {
    if (this.isClean) return
    const { numRuns = 1 } = this.outcome ?? {}
    fc.assert(
      fc.property(histories(fc), (history) => {
        playHistory(history, { checks })
      }),
      // Some rules are broken later than others.
      { ...runsOf(0), numRuns: Math.max(numRuns, 300) },
    )
  }

  private play(history: History): void {
    const { observer } = playHistory(history)
    this.histories += 1
    this.steps += observer.steps
    for (const { reply, purged, spec } of observer.ledger.tasks.values()) {
      this.seen.add(reply?.code ?? reply?.status ?? 'no reply')
      if (spec.direct) this.seen.add(`direct, ${reply?.code ?? reply?.status}`)
      if (purged) this.seen.add('purged')
      if (spec.resubmittedFrom !== undefined) this.seen.add('resubmitted')
    }
    for (const { asked, outcome } of observer.ledger.sent) this.seen.add(`${asked}, ${outcome}`)
  }
}

describe('random histories', { timeout: timeoutMs }, () => {
  const shared = new SharedRun()
  const startedAt = performance.now()

  test('no step throws', () => shared.expect([]))

  for (const check of invariantChecks) test(`${check.number}: ${check.sentence}`, () => shared.expect([check]))

  test(`24: ${blockedTasksCostNothing.sentence}`, () => {
    expectNone(histories(fc), 100, blockedTasksCostNothing.examine)
  })

  test(`26: ${timesDoNotDependOnStrategy.sentence}`, () => {
    expectNone(openWorkloads(fc), 300, timesDoNotDependOnStrategy.examine)
  })

  test(`27: ${sameSeedSameRun.sentence}`, () => {
    expectNone(histories(fc), 150, sameSeedSameRun.examine)
  })

  test('they reach every way to end, and every answer to what engines are asked', () => {
    if (!shared.isClean) return
    const ends = ['succeeded', 'failed', 'YM_ABORTED', 'YM_QUEUE_TIMEOUT', 'YM_RUN_TIMEOUT', 'YM_ENGINE_LOST']
    const graph = ['YM_UNMET_DEPENDENCY', 'YM_IMPOSSIBLE_DEPENDENCY', 'purged', 'resubmitted']
    const cancelled = ['succeeded', 'failed', 'unmet', 'aborted', 'lost'].map((outcome) => `cancel, ${outcome}`)
    const recalled = ['succeeded', 'failed', 'unmet', 'recalled', 'lost'].map((outcome) => `recall, ${outcome}`)
    const apart = ['YM_UNMET_DEPENDENCY', ...ends].map((end) => `direct, ${end}`)
    const missing = [...ends, ...apart, ...graph, ...cancelled, ...recalled].filter((one) => !shared.seen.has(one))
    expect(missing).toEqual([])
  })

  afterAll(() => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    reportRuns(`random histories: ${shared.histories} histories, ${shared.steps} steps, ${seconds} s`)
  })
})
