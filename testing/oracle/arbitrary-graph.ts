import type { Arbitrary } from 'fast-check'
import type { FastCheck } from '../histories/arbitrary.ts'
import type { Behaviour, GraphDependency, GraphNode } from './graph.ts'

/** How large random graphs are. */
export interface GraphOptions {
  /** Default 5. */
  readonly nodesMax?: number
  /** For targets and refusals. Default 2. */
  readonly engines?: number
  /** Whether nodes may name themselves, later ones and unknown ones; none is aborted then. Default false. */
  readonly mayBeCircular?: boolean
  /** Whether nodes may follow others, or name targets. Default true. */
  readonly hasPlaces?: boolean
  /** Whether a dependency may ask for failure alone, or for nothing. Default true. */
  readonly mayAskForFailure?: boolean
  /** The same behaviour for all. Default: any. */
  readonly behaviour?: Behaviour
}

/** Graphs of tasks `n.0`, `n.1`, … that can be handed to the oracles and, as specs, to a scheduler. As text: one line a task. */
export function graphs(fc: FastCheck, options: GraphOptions = {}): Arbitrary<Graph> {
  const { nodesMax = 5, mayBeCircular = false, hasPlaces = true } = options
  const dependencies = (most: number) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<Choice[]>([]) },
      fc.array(dependencyArbitrary(fc, options), { maxLength: most }),
    )
  const node = fc.record({
    after: dependencies(2),
    follow: hasPlaces ? dependencies(1) : fc.constant<Choice[]>([]),
    targets: hasPlaces ? targetsArbitrary(fc, options) : fc.constant([]),
    retries: fc.nat(2),
    behaviour: options.behaviour ? fc.constant(options.behaviour) : behaviourArbitrary(fc, options),
  })
  return fc.array(node, { minLength: 1, maxLength: nodesMax, size: 'max' }).map((choices) => {
    const name = (from: number, steps: number) => {
      if (mayBeCircular) return `n.${(from + steps) % (choices.length + 1)}`
      return from === 0 ? 'unknown' : `n.${from - 1 - (steps % from)}`
    }
    const rename = (from: number) => (one: Choice) => ({ ...one, ids: one.steps.map((steps) => name(from, steps)) })
    const nodes = choices.map(({ after, follow, ...rest }, i) => {
      return { id: `n.${i}`, after: after.map(rename(i)), follow: follow.map(rename(i)), ...rest }
    })
    return new Graph(nodes)
  })
}

interface Choice extends Omit<GraphDependency, 'ids'> {
  readonly steps: readonly number[]
}

/** A graph of tasks whose ends can be worked out without the scheduler. */
export class Graph {
  readonly nodes: readonly GraphNode[]

  constructor(nodes: readonly GraphNode[]) {
    this.nodes = nodes
  }

  toString(): string {
    return this.nodes.map(tellNode).join('\n')
  }
}

function dependencyArbitrary(fc: FastCheck, { mayAskForFailure = true }: GraphOptions): Arbitrary<Choice> {
  return fc.record({
    steps: fc.array(fc.nat(6), { maxLength: 3 }),
    all: fc.boolean(),
    success: mayAskForFailure ? fc.boolean() : fc.constant(true),
    failure: fc.boolean(),
  })
}

function targetsArbitrary(fc: FastCheck, { engines = 2 }: GraphOptions): Arbitrary<number[]> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant<number[]>([]) }, fc.array(fc.nat(engines - 1), { maxLength: 1 }))
}

function behaviourArbitrary(fc: FastCheck, { engines = 2, mayBeCircular }: GraphOptions): Arbitrary<Behaviour> {
  return fc.oneof(
    fc.constant({ does: 'succeed' as const }),
    fc.record({ does: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ does: fc.constant('refuse' as const), engines: fc.uniqueArray(fc.nat(engines - 1), { minLength: 1 }) }),
    ...(mayBeCircular ? [] : [fc.constant({ does: 'abort' as const })]),
  )
}

function tellNode({ id, after = [], follow = [], targets = [], retries = 0, behaviour }: GraphNode): string {
  const tell = (word: string) => (one: GraphDependency) =>
    `${word} ${one.all ? 'all' : 'any'}[${one.ids}]${one.success ? '✓' : ''}${one.failure ? '✗' : ''}`
  const places = targets.length > 0 ? [`targets[${targets}]`] : []
  const { does, ...how } = behaviour ?? { does: 'succeed' }
  return [id, ...after.map(tell('after')), ...follow.map(tell('follow')), ...places, `retries=${retries}`, does]
    .concat(Object.entries(how).map(([name, value]) => `${name}=${value}`))
    .join(' ')
}
