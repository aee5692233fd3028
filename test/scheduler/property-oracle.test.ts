import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionId, TaskId } from '../../core/ids.ts'
import { type Random, seededRandom } from '../../core/random.ts'
import type { AttemptOutcome, DependencySpec, TaskSpec } from '../../scheduler/events.ts'
import type { Attempt } from '../../testing/histories/accounts.ts'
import { Yard } from '../../testing/histories/yard.ts'
import { type Graph, graphs } from '../../testing/oracle/arbitrary-graph.ts'
import { type Ended, enumerateFates } from '../../testing/oracle/enumerate-fates.ts'
import { foresee } from '../../testing/oracle/foresee.ts'
import type { GraphDependency, GraphNode } from '../../testing/oracle/graph.ts'
import { expectNone, timeoutMs } from './property-runs.ts'

const engines = 2

/** Submits a graph, aborts what is to be aborted, lets the engines come, and has them do what is known of each task, in any order. */
class Run {
  readonly yard: Yard
  private readonly nodes: ReadonlyMap<string, GraphNode>
  private readonly random: Random

  constructor(nodes: readonly GraphNode[], seed: number) {
    this.nodes = new Map(nodes.map((node) => [node.id, node]))
    this.random = seededRandom(seed)
    this.yard = new Yard({ strategy: 'plainrandom', seed, hwm: 1 + (seed % 2) }, nodes.length > 100 ? [] : undefined)
    this.yard.submit(...nodes.map(specOf))
    this.yard.abort(...nodes.filter(({ behaviour }) => behaviour?.does === 'abort').map(({ id }) => id as TaskId))
  }

  start(): void {
    this.yard.join(engines)
  }

  /** One engine answers; false when none has anything to do. */
  answer(): boolean {
    const out = this.yard.outstanding()
    if (out.length === 0) return false
    const attempt = out[this.random.below(out.length)] as Attempt
    this.yard.end(attempt, this.outcomeOf(attempt))
    return true
  }

  /** Of those that ended. */
  ended(): Map<string, Ended> {
    const ended = [...this.yard.observer.ledger.tasks.values()].flatMap(({ id, reply }): [string, Ended][] => {
      if (reply === undefined) return []
      const fate = reply.status === 'timedOut' ? 'failed' : reply.status
      return [[id, { fate, place: reply.engine < 0 ? undefined : reply.engine }]]
    })
    return new Map(ended)
  }

  private outcomeOf({ id, engine, attempt }: Attempt): AttemptOutcome {
    const behaviour = this.nodes.get(id)?.behaviour ?? { does: 'succeed' }
    if (behaviour.does === 'fail') return attempt <= behaviour.times ? 'failed' : 'succeeded'
    if (behaviour.does === 'refuse') return behaviour.engines.includes(engine) ? 'unmet' : 'succeeded'
    return behaviour.does === 'anything' && this.random.below(2) === 0 ? 'failed' : 'succeeded'
  }
}

function specOf({ id, after = [], follow = [], targets, retries }: GraphNode): TaskSpec {
  const dependency = ({ ids, ...flags }: GraphDependency): DependencySpec => ({ ids: ids as TaskId[], ...flags })
  const places = { after: after.map(dependency), follow: follow.map(dependency), targets }
  return { id: id as TaskId, client: 'oracle' as SessionId, body: undefined, retries, ...places }
}

const seeded = (arbitrary: fc.Arbitrary<Graph>) => fc.tuple(arbitrary, fc.nat())

describe('graphs of known behaviour', { timeout: timeoutMs }, () => {
  for (const mayBeCircular of [false, true]) {
    const any = graphs(fc, { engines, mayBeCircular })
    const kind = mayBeCircular ? 'with circles' : 'without circles'

    test(`1, 8-14: ${kind}: each task ends in a way that playing out all orders finds`, () => {
      expectNone(seeded(any), 120, function* ([{ nodes }, seed]) {
        const fates = enumerateFates(nodes, engines)
        const run = new Run(nodes, seed)
        run.start()
        while (run.answer()) {}
        const ended = run.ended()
        for (const { id } of nodes) {
          const { fate = 'nothing' } = ended.get(id) ?? {}
          const possible = [...(fates.get(id) ?? [])]
          if (!possible.some((one) => one === fate)) yield `${id} ended as ${fate}, not as ${possible.join(' or ')}`
        }
      })
    })

    test(`${kind}: what is foreseen is what playing out all orders finds`, () => {
      expectNone(any, 150, function* ({ nodes }) {
        const foreseen = foresee(nodes, engines)
        for (const [id, fates] of enumerateFates(nodes, engines)) {
          const fate = foreseen.get(id)
          if (fate !== 'undetermined' && [...fates].join() !== fate)
            yield `${id}: ${fate} is foreseen, not ${[...fates]}`
        }
      })
    })

    test(`8: ${kind}: what is ended as impossible could never have run, however its dependencies end`, () => {
      const free = graphs(fc, { engines, mayBeCircular, nodesMax: 4, behaviour: { does: 'anything' } })
      expectNone(seeded(free), 100, ([graph, seed]) => unfounded(withoutRetries(graph), seed))
    })

    test(`8: ${kind}: where success is enough, what can never run ends at once`, () => {
      const free = graphs(fc, {
        mayBeCircular,
        nodesMax: 5,
        hasPlaces: false,
        mayAskForFailure: false,
        behaviour: { does: 'anything' },
      })
      expectNone(seeded(free), 100, ([graph, seed]) => delayed(withoutRetries(graph), seed))
    })
  }

  test('without circles, without places: everything is foreseen', () => {
    expectNone(graphs(fc, { engines, hasPlaces: false }), 200, function* ({ nodes }) {
      for (const [id, fate] of foresee(nodes, engines)) if (fate === 'undetermined') yield `${id} is undetermined`
    })
  })

  test('whether a circle closes before one of its tasks is released is not foreseen', () => {
    const asks = { success: false, failure: true }
    const nodes: GraphNode[] = [
      { id: 'any', after: [{ ids: ['all', 'well'], all: false, ...asks }], behaviour: { does: 'fail', times: 1 } },
      { id: 'all', follow: [{ ids: ['any', 'refused'], all: true, ...asks }] },
      { id: 'well' },
      { id: 'refused', behaviour: { does: 'refuse', engines: [0] } },
    ]
    expect([...(enumerateFates(nodes, engines).get('any') ?? [])].sort()).toEqual(['failed', 'impossible'])
    expect(foresee(nodes, engines).get('any')).toBe('undetermined')
  })

  test('1: 2,000 tasks end as foreseen', () => {
    const random = seededRandom(1)
    const nodes = Array.from({ length: 2_000 }, (_, i) => randomNode(i, random))
    const foreseen = foresee(nodes, engines)
    expect(new Set(foreseen.values()).size).toBe(4)
    const run = new Run(nodes, 1)
    run.start()
    while (run.answer()) {}
    expect(new Map([...run.ended()].map(([id, { fate }]) => [id, fate]))).toEqual(foreseen)
  })
})

/** Retries make no difference to what can happen to a task that does anything. */
function withoutRetries({ nodes }: Graph): GraphNode[] {
  return nodes.map((node) => ({ ...node, retries: 0 }))
}

function* unfounded(nodes: readonly GraphNode[], seed: number): Iterable<string> {
  const run = new Run(nodes, seed)
  run.start()
  let before: ReadonlyMap<string, Ended> = new Map()
  do {
    const now = run.ended()
    const fresh = [...now].filter(([id, { fate }]) => fate === 'impossible' && !before.has(id))
    const soFar = new Map(now)
    for (const [id] of fresh) soFar.delete(id)
    const fates = fresh.length > 0 ? enumerateFates(nodes, engines, { soFar }) : new Map()
    for (const [id] of fresh)
      if ([...(fates.get(id) ?? [])].join() !== 'impossible')
        yield `${id} was ended as impossible, and could have ${[...(fates.get(id) ?? [])].join(' or ')}`
    before = now
  } while (run.answer())
}

function* delayed(nodes: readonly GraphNode[], seed: number): Iterable<string> {
  const run = new Run(nodes, seed)
  run.start()
  do {
    const soFar = run.ended()
    for (const [id, fates] of enumerateFates(nodes, 1, { soFar }))
      if (!soFar.has(id) && [...fates].join() === 'impossible') yield `${id} goes on, and can never run`
  } while (run.answer())
}

/** Mostly tasks that succeed, after one or two of the fifty before. */
function randomNode(i: number, random: Random): GraphNode {
  const id = `n.${i}`
  const ids = [...Array(random.below(3)).keys()].map(() => `n.${i - 1 - random.below(Math.min(50, i))}`)
  const behaviours = [
    { does: 'fail', times: 1 + random.below(3) },
    { does: 'refuse', engines: [random.below(2)] },
    { does: 'abort' },
  ]
  const behaviour = (
    random.below(12) === 0 ? behaviours[random.below(3)] : { does: 'succeed' }
  ) as GraphNode['behaviour']
  if (i === 0 || ids.length === 0) return { id, retries: 1, behaviour: behaviour ?? { does: 'succeed' } }
  const failure = random.below(3) === 0
  const after = [{ ids, all: random.below(2) === 0, success: !failure || random.below(2) === 0, failure }]
  const follow = random.below(4) === 0 ? [{ ids: ids.slice(0, 1), all: true, success: true, failure: true }] : []
  return {
    id,
    after,
    follow: behaviour?.does === 'refuse' ? [] : follow,
    retries: 1,
    behaviour: behaviour ?? { does: 'succeed' },
  }
}
