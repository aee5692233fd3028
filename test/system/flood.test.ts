/** One client submits as fast as it can. Others are heard and answered meanwhile, and nobody is taken for dead. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { scaled } from '../scale.ts'
import { host, killAll, start } from './hosted.ts'

const floodProgram = fileURLToPath(new URL('./programs/flood.mjs', import.meta.url))

afterEach(killAll)

it.each(scaled(['websocket', 'zeromq'] as const, ['zeromq'] as const))(
  '60,000 tasks of 2 kB (%s)',
  { timeout: 600_000 },
  async (transport) => {
    // At an engine lie few, whatever a round trip takes.
    const hosted = await host({ engines: 0, engineKind: 'process', transport, heartbeatMs: 2_000, hwm: 100 })
    const { client } = hosted
    const child = start(floodProgram, [hosted.address, hosted.key, '60000', '2000'])
    let report: unknown
    const isOver = once(child, 'message').then(([message]) => {
      report = message
    })
    const queued = async () => (await client.queueStatus()).ready
    // The engines come when so many wait, however fast they are.
    await expect.poll(queued).toBeGreaterThan(1_000)
    await client.scale(2)
    const [direct, urgent] = [client.directView('all'), client.loadBalancedView().with({ priority: 1 })]
    let rounds = 0
    while (report === undefined) {
      expect(await direct.apply((x: number) => x + 1, rounds)).toEqual([rounds + 1, rounds + 1])
      expect(await urgent.apply((x: number) => x + 2, rounds)).toBe(rounds + 2)
      if ((await queued()) > 1_000) rounds += 1
    }
    await isOver
    expect(report).toEqual({ right: 60_000, status: 'ready' })
    console.log(`${transport}: ${rounds} rounds meanwhile`)
    // How many depends on the engines; behind all that waits there would be one, which came before the most.
    expect(rounds).toBeGreaterThan(1)
    expect([client.status, client.ids]).toEqual(['ready', [0, 1]])
    expect((await hosted.look()).warnings).toEqual([])
  },
)
