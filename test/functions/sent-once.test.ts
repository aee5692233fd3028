import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startLocalCluster } from '../../cluster/cluster.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { Link } from '../../core/link.ts'
import { Client } from '../../views/client.ts'

/** Which functions crossed each link, by what the link carries and, of several, by number. */
let crossed: Map<string, string[]>

function note(link: string, functions: readonly { readonly hash: string }[]): void {
  const known = crossed.get(link) ?? []
  known.push(...functions.map(({ hash }) => hash))
  crossed.set(link, known)
}

beforeEach(() => {
  crossed = new Map()
  const links: unknown[] = []
  const { send } = Link.prototype
  vi.spyOn(Link.prototype, 'send').mockImplementation(function (this: Link<object, unknown>, message, options) {
    if (!links.includes(this)) links.push(this)
    const { type, functions } = message as { type: string; functions?: { hash: string }[] }
    if (functions) note(`${type} ${links.indexOf(this)}`, functions)
    return send.call(this, message, options)
  })
  const { start } = inlineExecutor
  let executors = 0
  vi.spyOn(inlineExecutor, 'start').mockImplementation((options, handlers) => {
    const executor = start(options, handlers)
    const number = executors++
    return {
      ...executor,
      send: (message) => {
        if (message.type === 'run') note(`run ${number}`, message.functions)
        executor.send(message)
      },
    }
  })
})
afterEach(() => vi.restoreAllMocks())

test('a function crosses each link once, however many tasks name it', async () => {
  const cluster = await startLocalCluster({ engines: 2, engineKind: 'inline' })
  const client = await Client.connect(cluster.controller.addresses[0], { key: cluster.key })
  const view = client.loadBalancedView()
  const table = new Uint8Array(100_000).fill(2)
  const functions = [(x: number) => x + 1, (x: number) => x * (table[x] ?? 0), (x: number) => x - (table[x] ?? 0)]
  for (let round = 0; round < 20; round += 1)
    await Promise.all(functions.map((fn) => view.map(fn, [1, 2, 3, 4, 5, 6, 7, 8])))
  const links = [...crossed.keys()].map((link) => link.replace(/ \d+$/, '')).sort()
  expect(links).toEqual(['run', 'run', 'submit', 'tasks', 'tasks'])
  for (const hashes of crossed.values()) {
    expect(hashes).toHaveLength(3)
    expect(new Set(hashes).size).toBe(3)
  }
  await client.close()
  await cluster.stop()
})
