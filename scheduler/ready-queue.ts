import type { EngineId } from '../core/ids.ts'
import { type GroupKind, ReadyGroup } from './ready-group.ts'
import type { TaskRecord } from './task.ts'

/** Where a ready task may go: a list of the only engines, a list of those that refused it, or neither. */
export interface Place {
  readonly kind: GroupKind
  readonly engines: readonly EngineId[]
}

export const anywhere: Place = { kind: 'any', engines: [] }

/**
 * All ready tasks, grouped by where they may go, so that tasks that must wait for a busy engine cost nothing while others are dispatched.
 *
 * Invariants: `size` is the sum of the groups' sizes; a group but `any` exists exactly while it holds a task; `byEngine` lists each
 * `only` group under each of its engines; a task is here exactly while its status is `ready`, but for moments within a step; `passed`
 * is the sum of the groups', and `withPassed` are those that have any.
 */
export class ReadyQueue {
  readonly any = new ReadyGroup('any', 'any', [])
  readonly byEngine = new Map<EngineId, Set<ReadyGroup>>()
  readonly except = new Set<ReadyGroup>()
  readonly groups = new Map<string, ReadyGroup>()
  size = 0
  /** How many the strategy has passed by since something changed. */
  passed = 0
  private readonly withPassed = new Set<ReadyGroup>()
  /** Since something changed the strategy said that none of the others is to go before the one it was asked about. */
  isHeld = false
  /** Groups that would have had their turn then. */
  private heldBack: readonly ReadyGroup[] = []
  /** Something that a strategy may have waited for has happened in this step. */
  isChanged = false
  /** Groups that got a task since the last dispatch. */
  dirty: ReadyGroup[] = []

  add(task: TaskRecord, place: Place): void {
    const group = place.kind === 'any' ? this.any : this.groupFor(task, place)
    group.add(task)
    this.size += 1
    this.isChanged = true
    this.soil(group)
  }

  remove(task: TaskRecord): void {
    const group = task.group
    if (group === undefined) return
    if (task.lane === 'passed') this.passed -= 1
    group.remove(task)
    this.size -= 1
    if (group.size === 0 && group.kind !== 'any') this.drop(group)
  }

  /** The strategy has passed by the first task of the group. */
  pass(task: TaskRecord): void {
    const group = task.group as ReadyGroup
    group.pass(task)
    this.passed += 1
    this.withPassed.add(group)
  }

  hold(groups: readonly ReadyGroup[]): void {
    this.isHeld = true
    this.heldBack = groups
  }

  /** Something has changed: whatever the strategy let wait is to be asked about again. */
  reopen(): void {
    this.isChanged = false
    if (this.isHeld) {
      for (const group of this.heldBack) this.soil(group)
      this.heldBack = []
      this.isHeld = false
    }
    if (this.withPassed.size === 0) return
    for (const group of this.withPassed) {
      if (group.passed > 0) group.reopen()
      this.soil(group)
    }
    this.withPassed.clear()
    this.passed = 0
  }

  /** Tasks that had a place, and wait for another one to become known. */
  get nowhere(): ReadyGroup | undefined {
    return this.groups.get('only::')
  }

  /** Every group that holds a task. */
  *occupied(): IterableIterator<ReadyGroup> {
    if (this.any.size > 0) yield this.any
    yield* this.groups.values()
  }

  private soil(group: ReadyGroup): void {
    if (group.dirty) return
    group.dirty = true
    this.dirty.push(group)
  }

  private groupFor(task: TaskRecord, place: Place): ReadyGroup {
    const engines = [...new Set(place.engines)].sort((a, b) => a - b)
    // Tasks that end when all have refused and tasks that wait then are not equal.
    const key = `${place.kind}:${place.kind === 'except' ? task.onUnmet : ''}:${engines.join()}`
    const known = this.groups.get(key)
    if (known !== undefined) return known
    const group = new ReadyGroup(key, place.kind, engines)
    this.groups.set(key, group)
    if (place.kind === 'except') this.except.add(group)
    for (const engine of place.kind === 'only' ? engines : []) {
      const groups = this.byEngine.get(engine)
      if (groups === undefined) this.byEngine.set(engine, new Set([group]))
      else groups.add(group)
    }
    return group
  }

  private drop(group: ReadyGroup): void {
    this.groups.delete(group.key)
    this.except.delete(group)
    for (const engine of group.kind === 'only' ? group.engines : []) {
      const groups = this.byEngine.get(engine)
      groups?.delete(group)
      if (groups?.size === 0) this.byEngine.delete(engine)
    }
  }
}
