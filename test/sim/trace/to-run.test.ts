import { expect, test } from 'vitest'
import { readTrace } from '../../../sim/trace/read-trace.ts'
import { toRun } from '../../../sim/trace/to-run.ts'

const lines = [
  { type: 'trace', version: 1, cluster: 'c', startedAt: '2026-01-02T03:04:05.000Z', strategy: 'lru' },
  { type: 'engine', engine: 0, at: 0, name: 'a', kind: 'thread', host: 'h', pid: 7, concurrency: 1 },
  { type: 'engine', engine: 1, at: 1_000, name: 'b', kind: 'thread', host: 'h', pid: 8, concurrency: 2 },
  { type: 'task', id: 's.1', at: 1_000, bytes: 1, label: 'one' },
  { type: 'task', id: 's.2', at: 1_000, bytes: 1, function: 'abcdefghijk' },
  { type: 'task', id: 't.1', at: 2_000, bytes: 1, label: 'one' },
  {
    type: 'attempt',
    id: 's.1',
    attempt: 1,
    engine: 0,
    assigned: 2_000,
    start: 3_000,
    end: 5_000,
    ran: 2_000,
    outcome: 'succeeded',
    status: 'succeeded',
  },
  { type: 'attempt', id: 's.2', attempt: 1, engine: 1, assigned: 2_000, start: 3_000, end: 4_000, outcome: 'lost' },
  {
    type: 'attempt',
    id: 's.2',
    attempt: 2,
    engine: 0,
    assigned: 5_000,
    start: 5_000,
    end: 9_000,
    ran: 4_000,
    outcome: 'failed',
    status: 'failed',
  },
  { type: 'stop', at: 10_000 },
]

test('a recording as a dashboard shows it', () => {
  const run = toRun(readTrace(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
  expect(run).toMatchObject({
    ...{ cluster: 'c', strategy: 'lru', startedAt: Date.UTC(2026, 0, 2, 3, 4, 5), nowMs: 9, submitted: 3 },
    counts: { ready: 1, succeeded: 1, failed: 1, aborted: 0 },
    engines: [
      { id: 0, completed: 2, failed: 1, busyMs: 6 },
      { id: 1, completed: 1, failed: 1, concurrency: 2, joinedMs: 1 },
    ],
    sessions: [
      { id: 's', submitted: 2, ended: 2, failed: 1, live: 0 },
      { id: 't', submitted: 1, ended: 0, live: 1 },
    ],
    errors: [{ at: 9, task: 's.2', attempt: 2, engine: 0, name: 'failed' }],
  })
  expect(
    run.bars.map(([engine, start, end, label, outcome, task]) => [
      engine,
      start,
      end,
      run.labels[label],
      outcome,
      task,
    ]),
  ).toEqual([
    [1, 3, 4, 'abcdefgh', 4, 's.2'],
    [0, 3, 5, 'one', 0, 's.1'],
    [0, 5, 9, 'abcdefgh', 1, 's.2'],
  ])
  const at = (ms: number) => run.points.find((point) => point.at >= ms)
  expect(at(2.5)).toMatchObject({ submitted: 3, ready: 1, assigned: 2, running: 0, ended: 0 })
  expect(at(3.5)).toMatchObject({ ready: 1, assigned: 0, running: 2 })
  expect(at(4.5)).toMatchObject({ ready: 2, running: 1 })
  expect(run.points.at(-1)).toMatchObject({ ready: 1, running: 0, ended: 2, failed: 1 })
})
