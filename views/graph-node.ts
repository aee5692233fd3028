import type { YardmasterError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { DependencyLike } from './dependency.ts'
import type { ResultOf, TaskFunction } from './task-function.ts'
import type { ViewFlags } from './view-flags.ts'

/**
 * What a node takes besides the view's flags; `after` and `follow` add to the view's, everything else replaces it. A text
 * in `after` or `follow` is a node of the same graph, by name, or else the id of a task elsewhere.
 */
export type NodeFlags = Omit<ViewFlags, 'signal' | 'chunk' | 'ordered' | 'returnExceptions'>

/** The names that flags spell out, as far as the compiler knows them. */
type NamesOf<Flags extends NodeFlags> = NamesIn<Flags['after']> | NamesIn<Flags['follow']>
type NamesIn<Given> = DependencyLike extends Given
  ? never
  : Given extends string
    ? NameIn<Given>
    : Given extends readonly (infer Entry)[]
      ? NamesIn<Entry>
      : never
/** A text that could be any says nothing, and an id is no name. */
type NameIn<Text extends string> = string extends Text ? never : Text extends TaskId ? never : Text

/** One call in a graph. `node` makes it. */
export class GraphNode<Returned = unknown, Names extends string = string> {
  readonly fn: TaskFunction<never, unknown>
  readonly args: readonly unknown[]
  readonly flags: NodeFlags
  /** Only for the type checker. */
  declare readonly types?: { readonly returned: Returned; readonly names: Names }

  constructor(fn: TaskFunction<never, unknown>, args: readonly unknown[], flags: NodeFlags) {
    this.fn = fn
    this.args = args
    this.flags = flags
  }
}

/**
 * A call of `fn` with these arguments, as a node of a graph for `view.graph`. `after` only says when it may run: what
 * other nodes return stays on its way to the client, and is not passed to it.
 */
export function node<Returned, const Flags extends NodeFlags = NodeFlags>(
  fn: TaskFunction<readonly [], Returned>,
  args?: readonly [],
  flags?: Flags,
): GraphNode<Returned, NamesOf<Flags>>
export function node<Args extends readonly unknown[], Returned, const Flags extends NodeFlags = NodeFlags>(
  fn: TaskFunction<Args, Returned>,
  args: Args,
  flags?: Flags,
): GraphNode<Returned, NamesOf<Flags>>
export function node(
  fn: TaskFunction<never, unknown>,
  args: readonly unknown[] = [],
  flags: NodeFlags = {},
): GraphNode<unknown, never> {
  return new GraphNode(fn, args, flags)
}

/** Nodes by name, which name only each other. */
export type GraphNodes<Nodes> = { readonly [Name in keyof Nodes]: GraphNode<unknown, Extract<keyof Nodes, string>> }

/** What a node gives; with `returnExceptions`, an error may stand in its place. */
type NodeValue<Node, InPlace extends boolean> =
  Node extends GraphNode<infer Returned, string>
    ? InPlace extends true
      ? ResultOf<Returned> | YardmasterError
      : ResultOf<Returned>
    : never

/** What awaiting a graph gives: the results by name. */
export type GraphValues<Nodes, InPlace extends boolean> = {
  -readonly [Name in keyof Nodes]: NodeValue<Nodes[Name], InPlace>
}

/** What iterating a graph gives: a name and its result. */
export type GraphEntry<Nodes, InPlace extends boolean> = {
  [Name in keyof Nodes]: [name: Name, value: NodeValue<Nodes[Name], InPlace>]
}[keyof Nodes]
