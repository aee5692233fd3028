import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { Cluster } from 'yardmaster'

test('a logger of pino’s takes what a cluster tells, with its levels and fields', async () => {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
  const logger = pino({ level: 'debug', formatters: { level: (level) => ({ level }) } }, { write })
  await using cluster = await Cluster.start({
    engines: 1,
    engineKind: 'process',
    log: logger.child({ service: 'mine' }),
  })
  const client = await cluster.connect()
  const { session } = client
  const dies = client
    .loadBalancedView()
    .with({ retryOnEngineLoss: false })
    .apply(() => process.kill(process.pid, 9))
  await expect(dies).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
  await vi.waitUntil(() => lines.some(({ msg }) => /started anew/.test(String(msg))), { timeout: 20_000 })
  await cluster.stop()
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ service: 'mine', level: 'info', engine: 0, kind: 'process' }),
      expect.objectContaining({ level: 'info', client: session, msg: expect.stringMatching(/joined/) }),
      expect.objectContaining({ level: 'warn', engine: 0, msg: expect.stringMatching(/^engine 0 was lost/) }),
    ]),
  )
  // That engines leave when a cluster is stopped is no news.
  expect(lines.filter(({ msg }) => /was lost/.test(String(msg)))).toHaveLength(1)
})

test('a function does as well', async () => {
  const told: unknown[][] = []
  await using cluster = await Cluster.start({ engines: 1, log: (...entry) => told.push(entry) })
  await cluster.stop()
  expect(told).toContainEqual([
    'info',
    expect.stringMatching(/^engine 0 joined/),
    expect.objectContaining({ engine: 0 }),
  ])
})

test('a logger that throws hurts no task', async () => {
  const log = () => {
    throw new Error('the worker has exited')
  }
  await using cluster = await Cluster.start({ engines: 2, engineKind: 'process', log })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  const dies = view.with({ retryOnEngineLoss: false }).apply(() => process.kill(process.pid, 9))
  await expect(dies.get({ timeout: 20_000 })).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
  expect(await view.apply(() => 1).get({ timeout: 20_000 })).toBe(1)
})
