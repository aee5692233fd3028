import { expect, test } from 'vitest'
import { queryPage } from '../../cluster/task-pages.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import { createScheduler, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

const client = 'tester' as SessionId

/** Tasks that name so many others each. */
function holding(...counts: number[]): SchedulerState {
  const state = createScheduler()
  const tasks = counts.map((count, i) => {
    const ids = Array.from({ length: count }, (_, k) => `other.${k}` as TaskId)
    return {
      id: `t.${i}` as TaskId,
      client,
      body: undefined,
      after: [{ ids, all: true, success: true, failure: false }],
    }
  })
  step(state, { type: 'submit', tasks }, 0)
  return state
}

/** The numbers of the tasks on each page, from the latest page back. */
function pagesOf(state: SchedulerState, limit: number, bytesMax = Number.POSITIVE_INFINITY): number[][] {
  const clock = new VirtualClock()
  const pages: number[][] = []
  for (let before: number | undefined; ; ) {
    const ask = { kind: 'query' as const, where: {}, limit, ...(before === undefined ? {} : { before }) }
    const page = queryPage(state, ask, clock, bytesMax)
    pages.push(page.tasks.map(({ id }) => Number(id.slice(2))))
    if (page.before === undefined) return pages
    before = page.before
  }
}

test('pages are as long as was asked for', () => {
  expect(pagesOf(holding(1, 1, 1, 1, 1), 2)).toEqual([[3, 4], [1, 2], [0]])
  expect(pagesOf(holding(1, 1, 1, 1), 2)).toEqual([
    [2, 3],
    [0, 1],
  ])
  expect(pagesOf(holding(), 2)).toEqual([[]])
})

test('pages that name many dependencies are shorter, and never empty', () => {
  expect(pagesOf(holding(4_000, 4_000, 4_000, 4_000, 4_000), 5)).toEqual([[3, 4], [1, 2], [0]])
  expect(pagesOf(holding(1, 20_000, 1, 9_999, 1), 5)).toEqual([[3, 4], [2], [1], [0]])
})

test('a page has no more tasks than a message holds, but at least one', () => {
  expect(pagesOf(holding(1, 1, 1, 1, 1), 5, 1_300)).toEqual([[3, 4], [1, 2], [0]])
  expect(pagesOf(holding(1, 100, 1), 5, 1_300)).toEqual([[2], [1], [0]])
})
