import { type PartReader, streamed } from './part-store.ts'
import type { TaskGroup } from './task-group.ts'
import type { TaskRecord } from './task-record.ts'

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Reads a group's results one by one while they arrive: of a list, its items, in order or as they complete; of a
 * generator task, what it yielded; of any other task, its one result.
 */
export class ResultCursor<Item> implements PartReader {
  readonly #group: TaskGroup
  #task = 0
  #item = 0

  constructor(group: TaskGroup) {
    this.#group = group
  }

  get position(): number {
    return this.#item
  }

  /**
   * The next result; undefined where it is not there yet.
   * @throws the error of an item, unless errors stand among the results
   */
  next(): IteratorResult<Item, undefined> | undefined {
    return this.#group.options.isList ? this.#nextOfList() : this.#nextOfOne()
  }

  #nextOfList(): IteratorResult<Item, undefined> | undefined {
    const { options, tasks, endedTasks } = this.#group
    for (;;) {
      const task = options.ordered ? tasks[this.#task] : endedTasks[this.#task]
      if (task === undefined) return this.#atEnd()
      if (!task.ended) return undefined
      if (this.#item < task.size) {
        const item = this.#item
        this.#item += 1
        return this.#read(task, item)
      }
      this.#task += 1
      this.#item = 0
    }
  }

  #read(task: TaskRecord, item: number): IteratorResult<Item, undefined> {
    const value = this.#group.itemOf(task, item)
    const { nameOf } = this.#group
    return { done: false, value: (nameOf ? [nameOf.get(task), value] : value) as Item }
  }

  #nextOfOne(): IteratorResult<Item, undefined> | undefined {
    const { options, stream, ended, tasks } = this.#group
    const part = stream?.at(this.#item)
    if (part) {
      this.#item += 1
      stream?.changed()
      return part as IteratorResult<Item, undefined>
    }
    if (!ended) return undefined
    const task = tasks[0] as TaskRecord
    if (task.error) throw task.error
    if (stream?.isCutShort) throw streamed()
    if (stream) return done
    const yielded = options.isStream ? task.value : [task.value]
    if (!Array.isArray(yielded) || this.#item >= yielded.length) return done
    return this.#count(yielded[this.#item])
  }

  #count(value: unknown): IteratorResult<Item, undefined> {
    this.#item += 1
    return { done: false, value: value as Item }
  }

  #atEnd(): IteratorResult<Item, undefined> | undefined {
    const { ended, failure } = this.#group
    if (failure && ended) throw failure
    return ended ? done : undefined
  }
}
