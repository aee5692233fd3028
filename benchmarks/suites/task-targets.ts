/** What is promised of tasks, by the measure and the contender. */
import type { ContenderName } from '../peers/contenders.ts'
import type { Target } from '../suite.ts'

type Promised = Partial<Record<ContenderName, readonly Target[]>>

const promised: Readonly<Record<string, Promised>> = {
  'tasks that do nothing, all submitted at once': {
    'Yardmaster, threads': [
      atLeast('rate', '`apply`, threads, tasks a second', 'poolifier', 3),
      atLeast('rate', '`apply`, threads, tasks a second', 'piscina', 5),
    ],
    'Yardmaster, ZeroMQ': [
      atLeast('rate', '`apply`, processes over ZeroMQ, tasks a second', 'ipyparallel', 150),
      atLeast('rate', '`apply`, processes over ZeroMQ, tasks a second', 'dask', 60),
    ],
    'Yardmaster, WebSocket': [
      atLeast('rate', '`apply`, processes over WebSocket, tasks a second', 'Yardmaster, ZeroMQ', 1),
    ],
  },
  'a task that does nothing, one at a time': {
    'Yardmaster, threads': [atMost('p50', '`apply`, threads, p50', 'piscina', 1.5)],
    'Yardmaster, ZeroMQ': [atMost('p50', '`apply`, processes over ZeroMQ, p50', 'ZeroMQ, raw', 2.5)],
    'Yardmaster, WebSocket': [atMost('p50', '`apply`, processes over WebSocket, p50', 'WebSocket, raw', 2.5)],
  },
  'a map that adds 1 to each of many numbers': {
    'Yardmaster, threads': [
      { figure: 'rate', promise: '`map` of cheap items, threads, items a second', atLeast: 1_000_000 },
    ],
  },
  'a map of sleeps of 1 to 100 ms': {
    'Yardmaster, threads': [
      atLeast('busy', '`map` of tasks of 1 to 100 ms that sleep, 4 thread engines, of the ideal', 'bare threads', 0.95),
    ],
  },
  'a map of computations of 1 to 100 ms, two workers': {
    'Yardmaster, threads': [
      atLeast(
        'busy',
        '`map` of tasks of 1 to 100 ms that compute, 2 thread engines, of the ideal',
        'bare threads',
        0.95,
      ),
    ],
  },
}

export function taskTargets(measure: string, subject: ContenderName): readonly Target[] {
  return promised[measure]?.[subject] ?? []
}

function atLeast(figure: string, promise: string, subject: ContenderName, ratio: number): Target {
  return { figure, promise, to: { subject }, atLeast: ratio }
}

function atMost(figure: string, promise: string, subject: ContenderName, ratio: number): Target {
  return { figure, promise, to: { subject }, atMost: ratio }
}
