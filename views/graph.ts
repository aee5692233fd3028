import { ConfigurationError, InvalidDependencyError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import { taskBytesOf } from '../core/limits.ts'
import type { DependencySpec, FunctionMessage, TaskFlags } from '../core/messages.ts'
import { encodeValue, type Payload } from '../core/payload.ts'
import { abortedBefore } from './abort-signals.ts'
import { Dependency, type DependencyLike } from './dependency.ts'
import { GraphNode } from './graph-node.ts'
import { graphOrder } from './graph-order.ts'
import type { Session } from './session.ts'
import type { TaskGroup } from './task-group.ts'
import { collectIds, isList, submitRest } from './task-ids.ts'
import type { TaskRecord } from './task-record.ts'
import { addFlags, type CheckedFlags } from './view-flags.ts'

/** A dependency whose tasks are nodes, by number, or tasks elsewhere, by id. */
interface NodeDependency {
  readonly members: readonly (number | string)[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean
}

/** A node, ready to be submitted as soon as those it waits for have ids. */
interface PreparedNode {
  readonly shipped: FunctionMessage
  readonly args: Payload
  readonly flags: TaskFlags
  readonly after: readonly NodeDependency[]
  readonly follow: readonly NodeDependency[]
}

/** These belong to the whole graph. */
const viewOnly = ['signal', 'chunk', 'ordered', 'returnExceptions']
const shownMax = 8
const labelMax = 1_024
/** `<session>.<n>` */
const looksLikeTaskId = /^\S{1,60}\.\d{1,16}$/

/**
 * Adds the nodes to the group, in the order in which they are given, as tasks that are submitted in an order in which
 * each comes behind those it waits for. Nothing is submitted where it throws.
 */
export function submitGraph(
  session: Session,
  viewFlags: CheckedFlags,
  nodes: Readonly<Record<string, unknown>>,
  group: TaskGroup,
): void {
  const names = Object.keys(nodes)
  const numbers = new Map(names.map((name, number) => [name, number]))
  const prepared = names.map((name) => prepare(session, viewFlags, name, nodes[name], numbers))
  const order = orderOf(prepared, names)
  const { signal } = viewFlags
  const heldBytes = order.slice(0, -1).reduce((sum, number) => sum + bytesOf(prepared[number] as PreparedNode), 0)
  if (!signal?.aborted) session.results.outstanding.check(order.length, heldBytes)
  const tasks: TaskRecord[] = []
  for (const number of order) {
    const { shipped, args, flags, after, follow } = prepared[number] as PreparedNode
    tasks[number] = signal?.aborted
      ? session.refuse(abortedBefore(signal), group, 1)
      : session.submit(shipped, 'once', args, withDependencies(flags, after, follow, tasks), 1, group)
  }
  group.nameOf = new Map(tasks.map((task, number) => [task, names[number] as string]))
  for (const task of tasks) group.add(task)
  group.seal()
}

function prepare(
  session: Session,
  viewFlags: CheckedFlags,
  name: string,
  node: unknown,
  numbers: ReadonlyMap<string, number>,
): PreparedNode {
  const shown = JSON.stringify(name)
  if (!(node instanceof GraphNode) || !isList(node.args))
    throw new ConfigurationError(`node ${shown} of the graph must be made by node(fn, [...args])`, {
      details: { name },
    })
  const { after, follow, ...flags } = node.flags
  const notOwn = viewOnly.find((flag) => flag in flags)
  if (notOwn !== undefined) {
    throw new ConfigurationError(`node ${shown} cannot have a flag ${notOwn} of its own: set it on the view`, {
      details: { name, flag: notOwn },
    })
  }
  const { task } = Object.keys(flags).length > 0 ? addFlags(viewFlags, flags) : viewFlags
  const args = encodeValue(node.args, `nodes[${shown}].args`)
  const shipped = session.ship(node.fn)
  session.check(shipped, args)
  return {
    shipped,
    args,
    flags: { ...task, label: task.label ?? name.slice(0, labelMax) },
    after: dependenciesOf(name, after, numbers),
    follow: dependenciesOf(name, follow, numbers),
  }
}

/** As `dependencySpecs`, of names too. */
function dependenciesOf(
  name: string,
  given: DependencyLike | undefined,
  numbers: ReadonlyMap<string, number>,
): NodeDependency[] {
  const found: NodeDependency[] = []
  const plain = new Set<number | string>()
  const memberOf = (text: string): number | string => {
    const number = numbers.get(text)
    if (number !== undefined) return number
    if (looksLikeTaskId.test(text)) return text
    const missing = `node ${JSON.stringify(name)} waits for ${JSON.stringify(text)}`
    throw new InvalidDependencyError(`${missing}, which is neither a node of the graph nor the id of a task`, {
      details: { name, missing: text },
    })
  }
  const sort = (entry: DependencyLike): void => {
    if (entry instanceof Dependency) {
      const { ids, ...how } = entry.toSpec()
      found.push({ members: ids.map(memberOf), ...how })
    } else if (isList(entry)) entry.forEach(sort)
    else if (typeof entry === 'string') plain.add(memberOf(entry))
    else for (const id of collectIds(entry, submitRest)) plain.add(id)
  }
  if (given !== undefined) sort(given)
  if (plain.size > 0) found.unshift({ members: [...plain], all: true, success: true, failure: false })
  return found
}

/** @throws InvalidDependencyError that names a cycle */
function orderOf(nodes: readonly PreparedNode[], names: readonly string[]): readonly number[] {
  const waitsFor = nodes.map(({ after, follow }) =>
    [...after, ...follow].flatMap(({ members }) => members.filter((member) => typeof member === 'number')),
  )
  const found = graphOrder(waitsFor)
  if ('order' in found) return found.order
  const cycle = found.circle.map((number) => names[number] as string)
  const way = [...cycle, cycle[0] as string].map((name) => JSON.stringify(name))
  const shown = way.length > shownMax ? [...way.slice(0, shownMax - 1), '…', way.at(-1)] : way
  throw new InvalidDependencyError(`the graph has a cycle, in which each waits for the next: ${shown.join(' → ')}`, {
    details: { cycle },
  })
}

function bytesOf({ args, flags, after, follow }: PreparedNode): number {
  const named = [...after, ...follow].map(({ members }) => ({ ids: members }))
  const { after: others = [] } = flags
  return taskBytesOf({ ...flags, args, after: [...others, ...named] })
}

/** What the node names is in `tasks` already. */
function withDependencies(
  flags: TaskFlags,
  after: readonly NodeDependency[],
  follow: readonly NodeDependency[],
  tasks: readonly TaskRecord[],
): TaskFlags {
  if (after.length === 0 && follow.length === 0) return flags
  const specOf = ({ members, ...how }: NodeDependency): DependencySpec => ({
    ids: members.map((member) => (typeof member === 'number' ? (tasks[member] as TaskRecord).id : (member as TaskId))),
    ...how,
  })
  return {
    ...flags,
    ...(after.length > 0 ? { after: [...(flags.after ?? []), ...after.map(specOf)] } : {}),
    ...(follow.length > 0 ? { follow: [...(flags.follow ?? []), ...follow.map(specOf)] } : {}),
  }
}
