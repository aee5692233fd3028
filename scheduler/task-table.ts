import type { TaskId } from '../core/ids.ts'
import type { TaskRecord } from './task.ts'

/** Records whose numbers are neighbours, by the last of their bits. */
interface Page {
  readonly records: (TaskRecord | undefined)[]
  count: number
}

type Pages = Map<number, Page>

const pageSize = 64

/**
 * Records by id. Sessions number their tasks, `<session>.<n>`, and tasks with neighbouring numbers are used at about the same
 * time; so they lie together, in pages. A hash table sends each look-up to a place of its own in memory and, with a million
 * entries, stops the world for tens of milliseconds whenever it grows. Ids of any other form are in a map.
 *
 * Invariant: a page is here exactly while it holds a record, a session exactly while it has a page.
 */
export class TaskTable {
  size = 0
  private readonly sessions = new Map<string, Pages>()
  private readonly others = new Map<TaskId, TaskRecord>()
  /** The session that was looked up last. */
  private lastSession = ''
  private lastPages: Pages | undefined

  get(id: TaskId): TaskRecord | undefined {
    const dot = id.lastIndexOf('.')
    const number = numberAfter(id, dot)
    const page = number < 0 ? undefined : this.pagesOf(id, dot)?.get(Math.floor(number / pageSize))
    const record = page?.records[number % pageSize]
    return record !== undefined || this.others.size === 0 ? record : this.others.get(id)
  }

  has(id: TaskId): boolean {
    return this.get(id) !== undefined
  }

  /** The id must be new. */
  add(record: TaskRecord): void {
    this.size += 1
    const { id, client } = record
    const number = ownNumber(record)
    if (number < 0) {
      this.others.set(id, record)
      return
    }
    let pages = this.pagesOf(id, client.length)
    if (pages === undefined) {
      pages = new Map()
      this.sessions.set(client, pages)
      this.lastPages = pages
    }
    const key = Math.floor(number / pageSize)
    let page = pages.get(key)
    if (page === undefined) {
      page = { records: new Array<TaskRecord | undefined>(pageSize).fill(undefined), count: 0 }
      pages.set(key, page)
    }
    page.records[number % pageSize] = record
    page.count += 1
  }

  /** It must be here. */
  delete(record: TaskRecord): void {
    this.size -= 1
    const { id, client } = record
    const number = ownNumber(record)
    if (number < 0) {
      this.others.delete(id)
      return
    }
    const pages = this.pagesOf(id, client.length) as Pages
    const key = Math.floor(number / pageSize)
    const page = pages.get(key) as Page
    page.records[number % pageSize] = undefined
    page.count -= 1
    if (page.count > 0) return
    pages.delete(key)
    if (pages.size > 0) return
    this.sessions.delete(client)
    this.lastPages = undefined
  }

  *[Symbol.iterator](): IterableIterator<TaskRecord> {
    for (const pages of this.sessions.values()) {
      for (const page of pages.values()) {
        for (const record of page.records) if (record !== undefined) yield record
      }
    }
    yield* this.others.values()
  }

  private pagesOf(id: TaskId, dot: number): Pages | undefined {
    const { lastSession } = this
    if (lastSession.length === dot && id.startsWith(lastSession)) return this.lastPages
    this.lastSession = id.slice(0, dot)
    this.lastPages = this.sessions.get(this.lastSession)
    return this.lastPages
  }
}

/** Its number within its session; -1 where its id is not of that form. */
function ownNumber({ id, client }: TaskRecord): number {
  const dot = id.lastIndexOf('.')
  return dot === client.length && id.startsWith(client) ? numberAfter(id, dot) : -1
}

/** The whole number that is written after `dot`, and in no other way; -1 where there is none. */
function numberAfter(id: TaskId, dot: number): number {
  const first = dot + 1
  const digits = id.length - first
  if (dot < 0 || digits < 1 || digits > 15 || (digits > 1 && id.charCodeAt(first) === 48)) return -1
  let number = 0
  for (let i = first; i < id.length; i += 1) {
    const digit = id.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}
