import type { SpecState } from './dependencies.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { finishUnplaced, propagate } from './waiting.ts'

/**
 * Circles of tasks that wait for each other. Only tasks submitted together can form one: an id that was not known when a task
 * was submitted stays unknown to it. A circle is stuck at once or, where one of its tasks would be content with any one of several,
 * when the others have failed it; so each is remembered, and looked at again when that happens.
 */

/** Remembers the circles within a batch, whose dependencies have been looked up, as to be looked at. */
export function findCircles(state: SchedulerState, batch: readonly TaskRecord[]): void {
  const graph = new Map<TaskRecord, TaskRecord[]>()
  for (const task of batch) if (task.dependencies !== undefined) graph.set(task, [])
  for (const task of graph.keys()) {
    for (const spec of task.dependents ?? []) if (!spec.closed) graph.get(spec.owner)?.push(task)
  }
  for (const circle of stronglyConnected(graph)) {
    const [first] = circle as [TaskRecord]
    if (circle.length === 1 && !graph.get(first)?.includes(first)) continue
    for (const task of circle) if (task.dependencies !== undefined) task.dependencies.circle = circle
    state.circles.push(circle)
  }
}

/**
 * Ends the tasks of remembered circles that are stuck. Tasks that merely depend on a circle are not part of it, and are
 * told how it ended like any others.
 */
export function endCircles(state: SchedulerState): void {
  for (let tasks = state.circles.pop(); tasks !== undefined; tasks = state.circles.pop()) {
    const blocked = findStuck(tasks)
    if (blocked.size === 0) continue
    const components = stronglyConnected(blocked)
    if (components.length === 1) {
      for (const task of blocked.keys()) finishUnplaced(state, task, 'it depends on itself, in a circle')
      propagate(state)
    } else {
      for (const component of components.reverse()) state.circles.push(component)
    }
  }
}

/** Tasks that cannot be released before some other of them ends, each with those it waits for. */
type Stuck = ReadonlyMap<TaskRecord, readonly TaskRecord[]>

/** One thing a task needs: a dependency to be met or, when all are, a place among those that are still to be known. */
interface Need {
  readonly task: TaskRecord
  readonly pending: number
  /** All of them, or any one. */
  readonly all: boolean
  /** How many of them are under suspicion. */
  within: number
  lacking: number
}

/** Supposes that everything else ends as asked, and releases what that releases, until nothing more is. */
function findStuck(tasks: readonly TaskRecord[]): Stuck {
  const suspects = new Set(tasks.filter(isUnplaced))
  const needs = new Map<SpecState | TaskRecord, Need>()
  const fulfils = new Map<TaskRecord, Need[]>()
  for (const task of suspects) {
    const fulfilled: Need[] = []
    for (const spec of task.dependents ?? []) {
      if (spec.closed || !suspects.has(spec.owner)) continue
      const need = needOf(spec, needs)
      if (need === undefined) continue
      need.within += 1
      fulfilled.push(need)
    }
    fulfils.set(task, fulfilled)
  }
  const open = new Map<TaskRecord, number>()
  for (const need of needs.values()) {
    if (need.all) need.lacking = need.within
    else need.lacking = need.pending > need.within ? 0 : 1
    if (need.lacking > 0) open.set(need.task, (open.get(need.task) ?? 0) + 1)
  }
  const free = [...suspects].filter((task) => !open.has(task))
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    suspects.delete(task)
    for (const need of fulfils.get(task) ?? []) {
      need.lacking -= 1
      if (need.lacking !== 0) continue
      const left = (open.get(need.task) ?? 0) - 1
      open.set(need.task, left)
      if (left === 0) free.push(need.task)
    }
  }
  const stuck = new Map<TaskRecord, TaskRecord[]>()
  for (const task of suspects) stuck.set(task, [])
  for (const task of suspects) {
    for (const need of fulfils.get(task) ?? []) if (need.lacking > 0) stuck.get(need.task)?.push(task)
  }
  return stuck
}

function isUnplaced(task: TaskRecord): boolean {
  return task.dependencies !== undefined && (task.status === 'waiting' || task.group?.engines.length === 0)
}

function needOf(spec: SpecState, needs: Map<SpecState | TaskRecord, Need>): Need | undefined {
  const task = spec.owner
  const follow = task.dependencies?.follow ?? []
  const placing = task.dependencies?.unmet === 0
  if (spec.met && !(spec.where && placing)) return undefined
  const key = spec.met ? task : spec
  const known = needs.get(key)
  if (known !== undefined) return known
  const pending = spec.met ? follow.reduce((sum, one) => sum + one.pending, 0) : spec.pending
  const need = { task, pending, all: !spec.met && spec.spec.all, within: 0, lacking: 0 }
  needs.set(key, need)
  return need
}

/** Tarjan's algorithm (Depth-first search and linear graph algorithms, 1972), iteratively: what others wait for comes first. */
function stronglyConnected(graph: Stuck): TaskRecord[][] {
  const order = new Map<TaskRecord, number>()
  const low = new Map<TaskRecord, number>()
  const onStack = new Set<TaskRecord>()
  const stack: TaskRecord[] = []
  const components: TaskRecord[][] = []
  const lower = (task: TaskRecord, to: number) => low.set(task, Math.min(low.get(task) ?? to, to))
  for (const root of graph.keys()) {
    if (order.has(root)) continue
    const path: { task: TaskRecord; next: number }[] = [{ task: root, next: 0 }]
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const { task } = frame
      if (frame.next === 0) {
        lower(task, order.size)
        order.set(task, order.size)
        stack.push(task)
        onStack.add(task)
      }
      const other = graph.get(task)?.[frame.next]
      frame.next += 1
      if (other !== undefined) {
        const seen = order.get(other)
        if (seen === undefined) path.push({ task: other, next: 0 })
        else if (onStack.has(other)) lower(task, seen)
        continue
      }
      path.pop()
      const parent = path.at(-1)
      if (parent !== undefined) lower(parent.task, low.get(task) as number)
      if (low.get(task) !== order.get(task)) continue
      const component = stack.splice(stack.lastIndexOf(task))
      for (const member of component) onStack.delete(member)
      components.push(component)
    }
  }
  return components
}
