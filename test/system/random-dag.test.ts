/**
 * The whole interface over real links: a random graph of tasks that succeed, dawdle, fail, fail for a while, are refused by
 * some or all engines, or are aborted. Each must end as the oracle says, which knows nothing of the scheduler.
 */
import { describe, expect, test } from 'vitest'
import {
  type Client,
  Dependency,
  ImpossibleDependencyError,
  type GraphNode as Node,
  node,
  RemoteError,
  TaskAbortedError,
  UnmetDependency,
  UnmetDependencyError,
} from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { type Fate, foresee, type GraphDependency, type GraphNode } from 'yardmaster/testing'
import { type Random, seededRandom } from '../../core/random.ts'
import { scaled } from '../scale.ts'
import { combinations, withCluster } from './combinations.ts'

const size = scaled(5_000, 2_500)
const engines = 4
/** `PROPERTY_SEED=… npx vitest run test/system/random-dag.test.ts` tries another graph. */
const seed = Number(process.env.PROPERTY_SEED ?? 20_260)

type Behaviour = NonNullable<GraphNode['behaviour']>

function randomBehaviour(random: Random): Behaviour {
  const draw = random.below(100)
  if (draw < 6) return { does: 'fail', times: 9 }
  if (draw < 12) return { does: 'fail', times: 1 + random.below(2) }
  if (draw < 17) return { does: 'refuse', engines: [random.below(engines)] }
  if (draw < 19) return { does: 'refuse', engines: [0, 1, 2, 3] }
  if (draw < 23) return { does: 'abort' }
  return { does: 'succeed' }
}

/** Each names up to three of the fifty before it. Most dependencies are content with any end, or else nothing would run soon. */
function randomGraph(random: Random): GraphNode[] {
  return Array.from({ length: size }, (_, i) => {
    const one = () => `n${Math.max(0, i - 1 - random.below(50))}`
    const dependency = (ids: string[]): GraphDependency => {
      const failure = random.below(100) < 60
      return { ids, all: random.below(3) > 0, success: !failure || random.below(20) > 0, failure }
    }
    const several = () => Array.from({ length: random.below(4) }, one)
    const after = i > 0 && random.below(10) > 0 ? [dependency(several())] : []
    const follow = i > 0 && random.below(20) === 0 ? [dependency([one()])] : []
    const targets = random.below(20) === 0 ? [random.below(engines)] : []
    return { id: `n${i}`, after, follow, targets, retries: random.below(3), behaviour: randomBehaviour(random) }
  })
}

function behave(behaviour: Behaviour, ms: number): Promise<number> | number {
  const { attempt, engineId } = currentTask()
  if (behaviour.does === 'fail' && attempt <= behaviour.times) throw new RangeError(`attempt ${attempt}`)
  if (behaviour.does === 'refuse' && behaviour.engines.includes(engineId)) throw new UnmetDependency()
  return ms === 0 ? attempt : new Promise((resolve) => setTimeout(resolve, ms, attempt))
}

/** How a node ended, with the value of a success, and the message of a failure. */
function endOf(result: unknown): string {
  if (!(result instanceof Error)) return `succeeded: ${result}`
  if (result instanceof TaskAbortedError) return 'aborted'
  if (result instanceof ImpossibleDependencyError) return 'impossible'
  if (result instanceof RemoteError) return `failed: ${result.message}`
  return result instanceof UnmetDependencyError ? 'failed: unmet' : `${result}`
}

/** The end that a fate means for this node; what is thrown and given back counts its attempts. */
function expectedEnd({ retries = 0, behaviour }: GraphNode, fate: Fate): RegExp {
  if (fate === 'aborted' || fate === 'impossible') return new RegExp(`^${fate}$`)
  if (behaviour?.does === 'refuse') return fate === 'failed' ? /^failed: unmet$/ : /^succeeded: [1-4]$/
  if (fate === 'failed') return new RegExp(`^failed: engine [0-3]: RangeError: attempt ${retries + 1}$`)
  return new RegExp(`^succeeded: ${behaviour?.does === 'fail' ? behaviour.times + 1 : 1}$`)
}

/** How each node ended. Nothing begins before those that are to be aborted have been. */
async function run(client: Client, nodes: readonly GraphNode[], random: Random): Promise<Map<string, string>> {
  const lview = client.loadBalancedView()
  const gate = lview.apply(() => new Promise(() => {}))
  const opened = new Dependency(gate, { success: true, failure: true })
  const calls: Record<string, Node> = {}
  for (const { id, after = [], follow = [], targets = [], retries = 0, behaviour } of nodes) {
    const dependencies = (list: readonly GraphDependency[]) => list.map(({ ids, ...how }) => new Dependency(ids, how))
    const ms = random.below(20) === 0 ? 1 + random.below(5) : 0
    calls[id] = node(behave, [behaviour as Behaviour, ms], {
      after: [opened, ...dependencies(after)],
      follow: dependencies(follow),
      retries,
      ...(targets.length > 0 ? { targets } : {}),
    })
  }
  const graph = lview.with({ returnExceptions: true }).graph(calls)
  client.abort(graph.ids.filter((_, i) => nodes[i]?.behaviour?.does === 'abort'))
  await client.queueStatus()
  gate.abort()
  gate.catch(() => {})
  const results = Object.entries(await graph)
  return new Map(results.map(([id, result]) => [id, endOf(result)]))
}

const links = [
  'inline engines, memory',
  'thread engines, memory',
  'thread engines, threads',
  'process engines, ZeroMQ',
  'process engines, WebSocket',
]

describe(`a random graph of ${size} tasks (seed ${seed}) ends as the oracle says`, () => {
  const nodes = randomGraph(seededRandom(seed))
  const foreseen = foresee(nodes, engines)
  const certain = nodes.flatMap((node) => {
    const fate = foreseen.get(node.id) ?? 'undetermined'
    return fate === 'undetermined' ? [] : [{ node, fate, expected: expectedEnd(node, fate) }]
  })

  test('nearly all of it can be foreseen, and every end occurs', () => {
    expect(certain.length).toBeGreaterThan(0.9 * size)
    for (const end of ['succeeded', 'failed', 'aborted', 'impossible']) {
      expect(certain.filter(({ fate }) => fate === end).length).toBeGreaterThan(size / 50)
    }
  })

  test.for(combinations.filter(({ name }) => links.includes(name)).slice(0, scaled(links.length, 3)))(
    '$name',
    async (combination) => {
      await withCluster(combination, async (client) => {
        await client.waitForEngines(engines)
        const ends = await run(client, nodes, seededRandom(seed))
        const wrong = certain.filter(({ node, expected }) => !expected.test(ends.get(node.id) ?? 'no end'))
        expect(
          wrong.slice(0, 10).map(({ node, fate }) => `${node.id}: ${fate} was foreseen, ${ends.get(node.id)} it was`),
        ).toEqual([])
        const strange = [...ends.values()].filter(
          (end) => !/^(succeeded: [1-4]|failed: .*|aborted|impossible)$/s.test(end),
        )
        expect(strange).toEqual([])
        expect(await client.queueStatus()).toMatchObject({ waiting: 0, ready: 0, assigned: 0, running: 0 })
      })
    },
  )
})
