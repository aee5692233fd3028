import type { TaskId } from './ids.ts'

/** Records whose numbers are neighbours, by the last of their bits. */
interface Page<Entry> {
  readonly records: (Entry | undefined)[]
  count: number
}

type Pages<Entry> = Map<number, Page<Entry>>

const pageSize = 64
const dot = '.'.charCodeAt(0)
const zero = '0'.charCodeAt(0)

/**
 * Records by id. Sessions number their tasks, `<session>.<n>`, and tasks with neighbouring numbers are used at about the same
 * time; so they lie together, in pages. A hash table sends each look-up to a place of its own in memory and, with a million
 * entries, stops the world for tens of milliseconds whenever it grows. Ids of any other form are in a map.
 *
 * Invariant: a page is here exactly while it holds a record, a session exactly while it has a page.
 */
export class TaskTable<Entry extends { readonly id: TaskId }> {
  size = 0
  private readonly sessions = new Map<string, Pages<Entry>>()
  private readonly others = new Map<TaskId, Entry>()
  /** The session of the latest look-up. */
  private session = ''
  private pages: Pages<Entry> | undefined

  get(id: TaskId): Entry | undefined {
    const number = this.find(id)
    if (number < 0) return this.others.get(id)
    return this.pages?.get(Math.floor(number / pageSize))?.records[number % pageSize]
  }

  has(id: TaskId): boolean {
    return this.get(id) !== undefined
  }

  /** The id must be new. */
  add(record: Entry): void {
    this.size += 1
    const number = this.find(record.id)
    if (number < 0) {
      this.others.set(record.id, record)
      return
    }
    if (this.pages === undefined) {
      this.pages = new Map()
      this.sessions.set(this.session, this.pages)
    }
    const key = Math.floor(number / pageSize)
    let page = this.pages.get(key)
    if (page === undefined) {
      page = { records: new Array<Entry | undefined>(pageSize).fill(undefined), count: 0 }
      this.pages.set(key, page)
    }
    page.records[number % pageSize] = record
    page.count += 1
  }

  /** Answers whether it was here. */
  delete(id: TaskId): boolean {
    const number = this.find(id)
    if (number < 0) {
      if (!this.others.delete(id)) return false
    } else {
      const key = Math.floor(number / pageSize)
      const page = this.pages?.get(key)
      if (page?.records[number % pageSize] === undefined) return false
      page.records[number % pageSize] = undefined
      page.count -= 1
      if (page.count === 0) this.drop(key)
    }
    this.size -= 1
    return true
  }

  /** In the order in which their pages came to be. */
  *[Symbol.iterator](): IterableIterator<Entry> {
    for (const pages of this.sessions.values()) {
      for (const page of pages.values()) {
        for (const record of page.records) if (record !== undefined) yield record
      }
    }
    yield* this.others.values()
  }

  /** An empty page of the latest look-up's session. */
  private drop(key: number): void {
    this.pages?.delete(key)
    if (this.pages === undefined || this.pages.size > 0) return
    this.sessions.delete(this.session)
    this.pages = undefined
  }

  /** The number in an id, whose session `session` and `pages` are then; -1, and they stay, where it is of another form. */
  private find(id: TaskId): number {
    const { length } = this.session
    if (id.startsWith(this.session) && id.charCodeAt(length) === dot) {
      const number = numberFrom(id, length + 1)
      if (number >= 0) return number
    }
    const at = id.lastIndexOf('.')
    const number = at < 0 ? -1 : numberFrom(id, at + 1)
    if (number >= 0) {
      this.session = id.slice(0, at)
      this.pages = this.sessions.get(this.session)
    }
    return number
  }
}

/** The whole number that is the rest of `id`, written in the one way that there is; else -1. */
function numberFrom(id: TaskId, first: number): number {
  const digits = id.length - first
  if (digits < 1 || digits > 15 || (digits > 1 && id.charCodeAt(first) === zero)) return -1
  let number = 0
  for (let i = first; i < id.length; i += 1) {
    const digit = id.charCodeAt(i) - zero
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}
