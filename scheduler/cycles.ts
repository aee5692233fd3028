import type { SpecState } from './dependencies.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { finishImpossible, propagate } from './waiting.ts'

/**
 * Ends the tasks of one batch that wait for each other in a circle. Only tasks submitted together can: an id that was not
 * known when a task was submitted stays unknown to it. Tasks that merely depend on a circle are not part of it, and are
 * told how it ended like any others.
 */
export function endCycles(state: SchedulerState, batch: readonly TaskRecord[]): void {
  const pending: (readonly TaskRecord[])[] = [batch]
  for (let tasks = pending.pop(); tasks !== undefined; tasks = pending.pop()) {
    const blocked = findStuck(tasks)
    if (blocked.size === 0) continue
    const components = stronglyConnected(blocked)
    if (components.length === 1) {
      for (const task of blocked.keys()) finishImpossible(state, task, { reason: 'it depends on itself, in a circle' })
      propagate(state)
    } else {
      for (const component of components.reverse()) pending.push(component)
    }
  }
}

/** Tasks that cannot be released before some other of them ends, each with those it waits for. */
type Stuck = ReadonlyMap<TaskRecord, readonly TaskRecord[]>

/** Supposes that everything else ends as asked, and releases what that releases, until nothing more is. */
function findStuck(tasks: readonly TaskRecord[]): Stuck {
  const waiting = new Set(tasks.filter((task) => task.status === 'waiting' && (task.dependencies?.unmet ?? 0) > 0))
  const lacking = new Map<SpecState, number>()
  const unmet = new Map<TaskRecord, number>()
  for (const task of waiting) unmet.set(task, 0)
  const listeners = new Map<TaskRecord, SpecState[]>()
  for (const task of waiting) {
    for (const spec of task.dependents ?? []) {
      if (spec.closed || spec.met || !waiting.has(spec.owner)) continue
      const known = listeners.get(task)
      if (known === undefined) listeners.set(task, [spec])
      else known.push(spec)
      lacking.set(spec, (lacking.get(spec) ?? 0) + 1)
    }
  }
  for (const [spec, within] of lacking) {
    // Any one will do: one outside is enough, else the first inside.
    if (!spec.spec.all) lacking.set(spec, spec.pending > within ? 0 : 1)
    if (lacking.get(spec) !== 0) unmet.set(spec.owner, (unmet.get(spec.owner) ?? 0) + 1)
  }
  const free = [...waiting].filter((task) => unmet.get(task) === 0)
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    waiting.delete(task)
    for (const spec of listeners.get(task) ?? []) {
      const left = (lacking.get(spec) ?? 0) - 1
      lacking.set(spec, left)
      if (left !== 0) continue
      const specsLeft = (unmet.get(spec.owner) ?? 0) - 1
      unmet.set(spec.owner, specsLeft)
      if (specsLeft === 0) free.push(spec.owner)
    }
  }
  const stuck = new Map<TaskRecord, TaskRecord[]>()
  for (const task of waiting) stuck.set(task, [])
  for (const task of waiting) {
    for (const spec of listeners.get(task) ?? []) {
      if ((lacking.get(spec) ?? 0) > 0) stuck.get(spec.owner)?.push(task)
    }
  }
  return stuck
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
