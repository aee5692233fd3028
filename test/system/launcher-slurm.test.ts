/** The launcher of Slurm passes the suite that launchers must, on a real Slurm on loopback: as jobs, and as steps of an allocation. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, test, vi } from 'vitest'
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
})
