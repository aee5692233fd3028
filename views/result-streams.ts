import { Observable } from 'rxjs'
import type { OutputPiece } from './heard-output.ts'
import { ResultCursor } from './result-cursor.ts'
import type { GroupChange, Progress, TaskGroup, Watcher } from './task-group.ts'
import type { ResultStatus } from './task-record.ts'

/*
 * All streams of a result are cold towards what has already happened and hot towards the work: each subscriber gets
 * everything from the beginning, then what follows; subscribing starts nothing, and unsubscribing aborts nothing. They
 * complete when the result has ended. Only `results$` can error.
 */

function watching(group: TaskGroup, watcher: Watcher): () => void {
  group.watch(watcher)
  return () => group.unwatch(watcher)
}

export function resultsOf<Item>(group: TaskGroup): Observable<Item> {
  return new Observable((subscriber) => {
    const cursor = new ResultCursor<Item>(group)
    group.wantWhole()
    let isReading = false
    const read = (): void => {
      if (isReading) return
      isReading = true
      try {
        for (let next = cursor.next(); next !== undefined && !subscriber.closed; next = cursor.next()) {
          if (next.done) subscriber.complete()
          else subscriber.next(next.value)
        }
      } catch (error) {
        subscriber.error(error)
      } finally {
        isReading = false
      }
    }
    read()
    return watching(group, (change) => {
      if (change === 'results' || change === 'ended') read()
    })
  })
}

/** The state now, then after each change to something else. */
function stateOf<State>(
  group: TaskGroup,
  changes: readonly GroupChange[],
  read: () => State,
  isSame: (a: State, b: State) => boolean = Object.is,
): Observable<State> {
  return new Observable((subscriber) => {
    let last = read()
    subscriber.next(last)
    // A subscriber may change the state while it is told of it.
    const update = (): void => {
      const state = read()
      if (isSame(state, last)) return
      last = state
      subscriber.next(state)
    }
    if (group.ended) {
      update()
      subscriber.complete()
      return
    }
    return watching(group, (change) => {
      if (change === 'ended' || changes.includes(change)) update()
      if (change === 'ended') subscriber.complete()
    })
  })
}

export function statusOf(group: TaskGroup): Observable<ResultStatus> {
  return stateOf(group, ['status'], () => group.status)
}

export function progressOf(group: TaskGroup): Observable<Progress> {
  return stateOf(
    group,
    ['progress'],
    () => group.progress,
    (a, b) => a.done === b.done && a.total === b.total,
  )
}

function listOf<Entry>(group: TaskGroup, change: GroupChange, list: () => readonly Entry[]): Observable<Entry> {
  return new Observable((subscriber) => {
    let position = 0
    const read = (): void => {
      const entries = list()
      while (position < entries.length && !subscriber.closed) {
        position += 1
        subscriber.next(entries[position - 1] as Entry)
      }
    }
    read()
    if (group.ended) {
      subscriber.complete()
      return
    }
    return watching(group, (what) => {
      if (what === change) read()
      if (what === 'ended') subscriber.complete()
    })
  })
}

export function outputOf(group: TaskGroup): Observable<OutputPiece> {
  return listOf(group, 'output', () => group.said?.output ?? [])
}

export function emittedOf(group: TaskGroup): Observable<unknown> {
  return listOf(group, 'emitted', () => group.said?.emitted ?? [])
}
