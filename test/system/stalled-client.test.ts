/**
 * A client that is stopped, as by SIGSTOP, with its link open: the controller, in a process of its own, keeps what waits for it within bounds,
 * and everybody else goes on. When the client runs again, it is told of each of its tasks once.
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Client } from 'yardmaster'
import { scaled } from '../scale.ts'
import { host, killAll, start } from './hosted.ts'

const readerProgram = fileURLToPath(new URL('./programs/slow-reader.mjs', import.meta.url))
const mib = 2 ** 20

interface End {
  readonly status: string
  readonly right: boolean
  readonly code?: string
  readonly dropped: number
}

afterEach(killAll)

/** Resolves when the tasks are accepted; `ends` with how they ended for that client. */
async function reader(hosted: { address: string; key: string }, what: string, count: number, bytes: number) {
  const child = start(readerProgram, [hosted.address, hosted.key, what, String(count), String(bytes)])
  expect((await once(child, 'message'))[0]).toBe('accepted')
  const ends = once(child, 'message').then(([all]) => all as End[])
  ends.catch(() => {})
  return { child, ends }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100))
}

const ended = async (client: Client) => (await client.queueStatus()).ended

describe.each(scaled(['websocket', 'zeromq'] as const, ['websocket'] as const))(
  'over %s',
  { timeout: 300_000 },
  (transport) => {
    const retention = { bytesMax: 16 * mib }
    const options = { engines: 0, transport, retention } as const

    it('results beyond the bound are left to the retention, and what it drops is told', async () => {
      const hosted = await host({ ...options, limits: { unsentBytesMax: 64 * mib } })
      const [count, bytes] = [600, mib / 2]
      const before = (await hosted.look()).held
      const { child, ends } = await reader(hosted, 'results', count, bytes)
      child.kill('SIGSTOP')
      hosted.addEngine()
      await until(async () => (await ended(hosted.client)) === count)
      const { held, warnings } = await hosted.look()
      // Half of the bound, the retention, the link's own room and a message; the results are 300 MiB.
      expect(held - before).toBeLessThan(32 + 16 + 16 + 30)
      expect(warnings).toEqual([])
      expect(await hosted.client.loadBalancedView().apply((x: number) => x + 1, 1)).toBe(2)
      child.kill('SIGCONT')
      const all = await ends
      expect(all).toHaveLength(count)
      const right = all.filter(({ status, right }) => status === 'fulfilled' && right)
      const dropped = all.filter(({ status, code }) => status === 'rejected' && code === 'YM_PURGED')
      expect(right.length + dropped.length).toBe(count)
      // Those before, by the bound, and those at the end, by the retention.
      expect(right.length).toBeGreaterThan(64 + 31)
      expect(dropped.length).toBeGreaterThan(200)
      expect((await hosted.look()).held - before).toBeLessThan(16 + 30)
    })

    it('a client that has too much waiting even so asks again, and is told all when it is back', async () => {
      const hosted = await host({ ...options, limits: { unsentBytesMax: 100_000 } })
      const count = 3_000
      const { child, ends } = await reader(hosted, 'results', count, 20_000)
      child.kill('SIGSTOP')
      hosted.addEngine()
      await until(async () => (await ended(hosted.client)) === count)
      const { warnings } = await hosted.look()
      expect(warnings).toEqual([
        expect.stringMatching(/wait for client .* limits\.unsentBytesMax is 100000: .* ask again .*\[YM_LIMIT\]$/),
      ])
      child.kill('SIGCONT')
      const all = await ends
      const codes = new Set(all.map(({ status, right, code }) => (status === 'fulfilled' && right ? 'right' : code)))
      expect([...codes].sort()).toEqual(['YM_PURGED', 'right'])
    })

    it('values that tasks emit are left out, and how many is told', async () => {
      const hosted = await host({ ...options, limits: { unsentBytesMax: 8 * mib } })
      const before = (await hosted.look()).held
      const { child, ends } = await reader(hosted, 'values', 2, 50_000)
      child.kill('SIGSTOP')
      hosted.addEngine()
      await until(async () => (await ended(hosted.client)) === 2)
      const { held, warnings } = await hosted.look()
      // 500 MB were emitted.
      expect(held - before).toBeLessThan(8 + 16 + 30)
      expect(warnings).toEqual([])
      child.kill('SIGCONT')
      const all = await ends
      expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      const dropped = all.reduce((sum, end) => sum + end.dropped, 0)
      expect(dropped).toBeGreaterThan(9_000)
      expect(dropped).toBeLessThan(10_000)
    })

    it('a generator that it reads pauses, keeps its engine for a while, and no longer', async () => {
      const hosted = await host({ ...options, heartbeatMs: 500 })
      const before = (await hosted.look()).held
      const { child } = await reader(hosted, 'stream', 1, 200_000)
      // The first that joins takes it.
      for (let engines = 0; engines < 2; engines += 1) hosted.addEngine()
      const view = hosted.client.loadBalancedView()
      await hosted.client.waitForEngines(2)
      await until(async () => (await hosted.client.queueStatus()).running === 1)
      child.kill('SIGSTOP')
      const behind = view.with({ targets: 0 }).apply((x: number) => x + 2, 1)
      // That is for some heartbeats less than it is kept, and the other engine goes on.
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(await view.with({ targets: 1 }).apply((x: number) => x + 1, 1)).toBe(2)
      expect([(await hosted.client.queueStatus()).running, behind.ready]).toEqual([1, false])
      await until(async () => (await hosted.client.queueStatus()).running === 0)
      expect(await behind).toBe(3)
      expect((await hosted.look()).held - before).toBeLessThan(16 + 30)
      child.kill('SIGCONT')
      expect((await once(child, 'message'))[0]).toBe('YM_STREAMED')
    })
  },
)
