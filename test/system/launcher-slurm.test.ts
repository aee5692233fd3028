/** The launcher of Slurm passes the suite that launchers must, on a real Slurm on loopback. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client, Cluster } from 'yardmaster'
import { launcherSuite } from 'yardmaster/testing'
import { createLauncher } from './from-dist.ts'
import { SlurmOnLoopback, withoutSlurm } from './slurm-on-loopback.ts'

describe.skipIf(withoutSlurm)('under Slurm (needs root, slurm-wlm and munge)', () => {
  let slurm: SlurmOnLoopback
  beforeAll(async () => {
    slurm = await SlurmOnLoopback.start()
  })
  afterAll(() => slurm?.[Symbol.asyncDispose]())
  beforeEach(() => {
    vi.stubEnv('SLURM_CONF', slurm.environment.SLURM_CONF)
    vi.stubEnv('YARDMASTER_DIR', join(slurm.folder, 'clusters'))
  })

  launcherSuite({
    name: 'slurm',
    runner: { describe, test },
    async setup() {
      const folder = mkdtempSync(join(tmpdir(), 'slurm-suite-'))
      const make = async (options: object) => ({
        ...(await createLauncher('slurm', { folder, pollMs: 500, ...options })),
        listen: ['ws://127.0.0.1:0'],
      })
      return {
        launcher: await make({}),
        broken: { launcher: await make({ partition: 'nowhere' }), words: /invalid partition specified: nowhere/ },
        isThere: async ({ job = '' }) => (await slurm.jobs()).some((line) => line.startsWith(`${job} `)),
        end: () => rmSync(folder, { recursive: true, force: true }),
      }
    },
  })

  test('engines are given the module that sets up tracing', async () => {
    const tracing = new URL('./programs/otel.mjs', import.meta.url).href
    const spans = join(slurm.folder, 'spans.jsonl')
    vi.stubEnv('SPANS_FILE', spans)
    await using cluster = await Cluster.start({
      ...{ launcher: 'slurm', folder: slurm.folder, pollMs: 500 },
      ...{ engines: 1, addresses: ['ws://127.0.0.1:0'], tracing },
    })
    await using client = await Client.connect(cluster.addresses[0] as string, { key: cluster.key, tracing })
    const double = (x: number) => 2 * x
    expect(await client.loadBalancedView().apply(double, 4)).toBe(8)
    const written = () => (existsSync(spans) ? readFileSync(spans, 'utf8') : '')
    await expect.poll(written).toMatch(/"name":"process double"/)
    const span = JSON.parse(/^.*"process double".*$/m.exec(written())?.[0] ?? '')
    expect(span.pid).not.toBe(process.pid)
    expect(written().match(new RegExp(span.traceId, 'g'))?.length).toBe(4)
  })
})
