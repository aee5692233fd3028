import type { TaskNews } from '../core/task-news.ts'
import type { ItemSource } from './item-source.ts'
import { MapRun, type MapRunOptions, type MapSink } from './map-run.ts'
import { PullIterator } from './pull-iterator.ts'
import type { TaskRecord } from './task-record.ts'

/**
 * A map that is read while it goes, and keeps nothing: what has been read is forgotten, and no more is submitted than
 * the window holds. It begins at the first `next`; leaving the loop, or the view's signal, stops the input and aborts what
 * is under way.
 */
class LazyMap<Item> implements MapSink {
  readonly iterator: PullIterator<Item>
  readonly #options: Omit<MapRunOptions, 'sink' | 'holds'>
  readonly #open: (onMore: () => void) => ItemSource
  #run: MapRun | undefined
  /** Submitted and not read, in order; or ended and not read, as they ended. */
  #tasks: TaskRecord[] = []
  readonly #underWay = new Set<TaskRecord>()
  #item = 0
  #end: { readonly error: Error | undefined } | undefined

  constructor(options: Omit<MapRunOptions, 'sink' | 'holds'>, open: (onMore: () => void) => ItemSource) {
    this.#options = options
    this.#open = open
    this.iterator = new PullIterator({ pull: () => this.#pull(), release: () => this.#release() })
  }

  add(task: TaskRecord): void {
    this.#underWay.add(task)
    if (this.#options.flags.ordered) this.#tasks.push(task)
  }

  seal(error?: Error): void {
    this.#end = { error }
    this.iterator.wake()
  }

  taskBegun(): void {}

  taskNews(_task: TaskRecord, _news: TaskNews): void {}

  takeAll(): void {}

  taskEnded(task: TaskRecord): void {
    this.#underWay.delete(task)
    if (!this.#options.flags.ordered) this.#tasks.push(task)
    this.iterator.wake()
  }

  #pull(): IteratorResult<Item, undefined> | undefined {
    this.#run ??= this.#start()
    for (;;) {
      const [task] = this.#tasks
      if (task === undefined) return this.#atEnd()
      if (!task.ended) return undefined
      if (this.#item < task.size) return this.#read(task)
      this.#tasks.shift()
      this.#item = 0
      this.#run.release(task)
    }
  }

  #start(): MapRun {
    const run = new MapRun({ ...this.#options, sink: this, holds: true }, this.#open)
    this.#run = run
    const { signal } = this.#options.flags
    signal?.addEventListener('abort', this.#abort)
    if (signal?.aborted) this.#abort()
    else run.pump()
    return run
  }

  readonly #abort = (): void => {
    this.#run?.cancel()
    this.#options.session.abort([...this.#underWay].map((task) => task.id))
  }

  #read(task: TaskRecord): IteratorResult<Item, undefined> {
    const error = task.errorAt(this.#item)
    if (error && !this.#options.flags.returnExceptions) throw error
    const value = error ?? task.valueAt(this.#item)
    this.#item += 1
    return { done: false, value: value as Item }
  }

  #atEnd(): IteratorResult<Item, undefined> | undefined {
    if (this.#end === undefined || this.#underWay.size > 0) return undefined
    if (this.#end.error) throw this.#end.error
    return { done: true, value: undefined }
  }

  #release(): void {
    this.#options.flags.signal?.removeEventListener('abort', this.#abort)
    this.#run?.stop()
    this.#options.session.abort([...this.#underWay].map((task) => task.id))
    this.#tasks = []
  }
}

export function imap<Item>(
  options: Omit<MapRunOptions, 'sink' | 'holds'>,
  open: (onMore: () => void) => ItemSource,
): AsyncIterableIterator<Item, undefined, void> {
  return new LazyMap<Item>(options, open).iterator
}
