/** The pool returns to its size after engines were killed, and no task is lost. */
import { expect, it } from 'vitest'
import { type Client, Cluster } from 'yardmaster'

const pidOf = (): number => process.pid

async function pids(client: Client, count: number): Promise<number[]> {
  const ids = await client.waitForEngines(count)
  const lview = client.loadBalancedView()
  return Promise.all(ids.map((id) => lview.with({ targets: id }).apply(pidOf)))
}

it.each(['zeromq', 'websocket'] as const)('killed process engines come back (%s)', async (transport) => {
  const told: string[] = []
  await using cluster = await Cluster.start({
    engines: 2,
    engineKind: 'process',
    transport,
    log: (level, line) => level === 'warn' && told.push(line),
  })
  const client = await cluster.connect()
  const first = await pids(client, 2)
  const slow = client
    .loadBalancedView()
    .with({ chunk: 1 })
    .map((x: number) => new Promise<number>((resolve) => setTimeout(resolve, 20, x * x)), Array(100).keys())
  for await (const _ of slow) break
  for (const pid of first) process.kill(pid, 'SIGKILL')
  expect(await slow).toEqual(Array.from({ length: 100 }, (_, x) => x * x))
  const second = await pids(client, 2)
  expect(new Set([...first, ...second]).size).toBe(4)
  expect(told.filter((line) => line.includes('started anew (1 of 5)'))).toHaveLength(2)
  expect(told.join('\n')).toContain('SIGKILL')
})

it('with restartsMax 0 they stay away, and an engine that a client shuts down is not replaced', async () => {
  const told: string[] = []
  const log = (_level: string, line: string) => void told.push(line)
  await using cluster = await Cluster.start({ engines: 2, engineKind: 'process', restartsMax: 0, log })
  const client = await cluster.connect()
  const [pid] = await pids(client, 2)
  process.kill(pid as number, 'SIGKILL')
  await expect.poll(() => client.ids).toHaveLength(1)
  await expect.poll(() => told).toContainEqual(expect.stringMatching(/SIGKILL.*; it is not started again$/))
  await using other = await Cluster.start({ engines: 2, log })
  const another = await other.connect()
  await another.shutdown({ engines: [0] })
  await expect.poll(() => another.ids).toEqual([1])
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect([client.ids.length, another.ids]).toEqual([1, [1]])
  expect(told.filter((line) => line.includes('started anew'))).toEqual([])
})
