import type { EngineId } from '../../core/ids.ts'

/** Tasks whose behaviour is known beforehand, submitted together, for engines 0, 1, … that all stay. */
export interface GraphNode {
  readonly id: string
  readonly after?: readonly GraphDependency[]
  readonly follow?: readonly GraphDependency[]
  /** Absent or empty: any engine. */
  readonly targets?: readonly EngineId[]
  /** Default 0. */
  readonly retries?: number
  /** Default: it succeeds. */
  readonly behaviour?: Behaviour
}

/** A dependency of one node on others. */
export interface GraphDependency {
  readonly ids: readonly string[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean
}

/**
 * What a task does when it is run. `fail`: its first `times` attempts throw. `refuse`: an unmet functional dependency at those
 * engines, success at others. `abort`: its client aborts it when all are submitted and none has begun. `anything`: it
 * succeeds or fails.
 */
export type Behaviour =
  | { readonly does: 'succeed' | 'abort' | 'anything' }
  | { readonly does: 'fail'; readonly times: number }
  | { readonly does: 'refuse'; readonly engines: readonly EngineId[] }

/** How a task of a graph ends. */
export type Fate = 'succeeded' | 'failed' | 'aborted' | 'impossible'

export function behaviourOf(node: GraphNode): Behaviour {
  return node.behaviour ?? { does: 'succeed' }
}

/** `where`: of `follow`. */
export type Dependency = GraphDependency & { readonly where: boolean }

/** The empty set is met, and says nothing of where. */
export function bindingDependencies({ after = [], follow = [] }: GraphNode): Dependency[] {
  return [...after.map((one) => ({ ...one, where: false })), ...follow.map((one) => ({ ...one, where: true }))].filter(
    ({ ids }) => ids.length > 0,
  )
}
