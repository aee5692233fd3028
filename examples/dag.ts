/**
 * A random graph of tasks: each sleeps for a while, and none begins before those it waits for have ended, which is
 * checked afterwards against every edge. Run: `npx tsx examples/dag.ts [nodes] [edges] [picture.svg]`, after `npm run build`.
 */
import { type AsyncResult, type Client, Cluster, type GraphNode, node, type TaskMetadata } from 'yardmaster'
import { writePicture } from './picture.ts'

export interface Dag {
  readonly nodes: readonly string[]
  readonly edges: readonly (readonly [before: string, after: string])[]
}

/** When a task ran, in milliseconds since the epoch. */
export interface Span {
  readonly startedAt: number
  readonly endedAt: number
}

/** `edges` different edges (as many as there can be, at most) between nodes `n0`, `n1`, …, all along one hidden order. */
export function randomDag(nodeCount: number, edgeCount: number, random: () => number = Math.random): Dag {
  const pick = (below: number) => Math.floor(random() * below)
  const nodes = Array.from({ length: nodeCount }, (_, i) => `n${i}`)
  const order = [...nodes]
  for (let i = nodeCount - 1; i > 0; i -= 1) {
    const j = pick(i + 1)
    const moved = order[i] as string
    order[i] = order[j] as string
    order[j] = moved
  }
  const edges = new Map<string, readonly [string, string]>()
  const most = Math.min(edgeCount, (nodeCount * (nodeCount - 1)) / 2)
  while (edges.size < most) {
    const [i, j] = [pick(nodeCount), pick(nodeCount)]
    if (i < j) edges.set(`${i}-${j}`, [order[i] as string, order[j] as string])
  }
  return { nodes, edges: [...edges.values()] }
}

async function sleep(ms: number): Promise<Span> {
  const startedAt = Date.now()
  await new Promise((resolve) => setTimeout(resolve, ms))
  return { startedAt, endedAt: Date.now() }
}

/** One task for each node, which sleeps for up to `msMax` milliseconds. */
export function runDag(client: Client, dag: Dag, msMax: number): AsyncResult<Record<string, Span>, [string, Span]> {
  const before = new Map(dag.nodes.map((name): [string, string[]] => [name, []]))
  for (const [first, then] of dag.edges) before.get(then)?.push(first)
  const nodes: Record<string, GraphNode<Promise<Span>>> = {}
  for (const [name, after] of before) nodes[name] = node(sleep, [Math.random() * msMax], { after })
  return client.loadBalancedView().graph(nodes)
}

/** The edges along which the later task began before the earlier one had ended. */
export function brokenEdges(dag: Dag, spans: Readonly<Record<string, Span>>): Dag['edges'] {
  return dag.edges.filter(([first, then]) => (spans[then]?.startedAt ?? 0) < (spans[first]?.endedAt ?? Infinity))
}

/** When each task ran, and on which engine: a row for each engine. */
async function draw(path: string, tasks: readonly TaskMetadata[]): Promise<void> {
  const [left, width, rowHeight] = [80, 720, 28]
  const begun = Math.min(...tasks.map(({ startedAt = 0 }) => startedAt))
  const scale = width / (Math.max(...tasks.map(({ endedAt }) => endedAt)) - begun)
  const engines = [...new Set(tasks.map(({ engineId = 0 }) => engineId))].sort((a, b) => a - b)
  const rowOf = (engineId = 0) => 24 + engines.indexOf(engineId) * rowHeight
  const boxes = tasks.map(({ engineId, startedAt = 0, endedAt }, i) => ({
    x: left + (startedAt - begun) * scale,
    y: rowOf(engineId),
    width: Math.max(1, (endedAt - startedAt) * scale - 1),
    height: rowHeight - 6,
    fill: `hsl(${(i * 137) % 360} 55% 60%)`,
    title: `task ${i}: ${Math.round(endedAt - startedAt)} ms`,
  }))
  const labels = engines.map((id) => ({ x: 8, y: rowOf(id) + 15, text: `engine ${id}` }))
  const size = { width: left + width + 8, height: 32 + engines.length * rowHeight, title: 'When each task ran' }
  await writePicture(path, size, boxes, labels)
}

if (process.argv[1] === import.meta.filename) {
  const [, , nodes = '64', edges = '256', picture] = process.argv
  const [nodeCount, edgeCount] = [Number(nodes), Number(edges)]
  await using cluster = await Cluster.start({ engines: 4 })
  const client = await cluster.connect()
  const dag = randomDag(nodeCount, edgeCount)
  const graph = runDag(client, dag, 100)
  await graph.interactive({ label: 'dag' })
  const broken = brokenEdges(dag, await graph)
  console.log(`${dag.nodes.length} tasks, ${dag.edges.length} edges, ${broken.length} of them broken`)
  console.log(
    `${Math.round(graph.serialTime)} ms of work in ${Math.round(graph.wallTime)} ms: ${graph.speedup.toFixed(1)} at a time`,
  )
  if (broken.length > 0) process.exitCode = 1
  if (picture) await draw(picture, graph.metadata)
}
