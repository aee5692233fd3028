/** Real processes over WebSocket and ZeroMQ, killed and stopped: every task ends once, with the right result. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshSeed } from '../../core/random.ts'
import { scaled } from '../scale.ts'
import { chaos, tasksUnit } from './chaos/chaos.ts'

/** `PROPERTY_SEED=…` repeats the faults, as far as processes do; `PROPERTY_RUNS=…` says how many tasks, rounded up. */
const seed = Number(process.env.PROPERTY_SEED ?? freshSeed())
const tasks = tasksUnit * Math.ceil(Number(process.env.PROPERTY_RUNS ?? scaled(20_000, 3_000)) / tasksUnit)

it(`${tasks} tasks end once and right while engines, controller and a client are killed (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-chaos-'))
  try {
    const { problems, story, ...report } = await chaos({ seed, tasks, folder })
    console.log(JSON.stringify({ seed, ...report }))
    expect(problems, `seed ${seed}\n${story}`).toEqual([])
    expect(report.faults).toMatchObject({ controllerKills: 3, clientKills: 1, controllerPauses: 2 })
    // One every 500 ms at most, and only where an engine has joined: a fast machine is through sooner, and sees fewer.
    expect(report.faults.engineKills).toBeGreaterThan(report.seconds / 5)
    expect(report.faults.enginePauses).toBeGreaterThan(report.seconds / 10)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
