import type { TaskId } from '../core/ids.ts'
import type { TaskRecord } from './task.ts'

const shardCount = 64

/**
 * Records by id. A hash table of a million entries stops the world for tens of milliseconds whenever it grows; 64 small ones,
 * chosen by the last two characters of the id, do not.
 */
export class TaskTable {
  size = 0
  private readonly shards: readonly Map<TaskId, TaskRecord>[] = Array.from({ length: shardCount }, () => new Map())

  get(id: TaskId): TaskRecord | undefined {
    return this.shard(id).get(id)
  }

  has(id: TaskId): boolean {
    return this.shard(id).has(id)
  }

  /** The id must be new. */
  add(record: TaskRecord): void {
    this.shard(record.id).set(record.id, record)
    this.size += 1
  }

  delete(record: TaskRecord): void {
    this.shard(record.id).delete(record.id)
    this.size -= 1
  }

  *[Symbol.iterator](): IterableIterator<TaskRecord> {
    for (const shard of this.shards) yield* shard.values()
  }

  private shard(id: TaskId): Map<TaskId, TaskRecord> {
    const { length } = id
    const last = length > 0 ? id.charCodeAt(length - 1) : 0
    const lastButOne = length > 1 ? id.charCodeAt(length - 2) : 0
    return this.shards[(lastButOne * 10 + last) & (shardCount - 1)] as Map<TaskId, TaskRecord>
  }
}
