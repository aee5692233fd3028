import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshSeed } from '../../core/random.ts'
import { attack } from './attack.ts'
import { Target } from './target.ts'

/** `PROPERTY_SEED=… PROPERTY_RUNS=…` repeats or prolongs it; `npm run fuzz` is for millions. */
const seed = Number(process.env.PROPERTY_SEED ?? freshSeed())
const frames = Number(process.env.PROPERTY_RUNS ?? 4_000)

describe.each(['websocket', 'zeromq'] as const)('over %s', (transport) => {
  let target: Target
  beforeAll(async () => {
    target = await Target.start(transport)
  })
  afterAll(() => target?.stop())

  it(`whatever ${frames} frames say, the controller goes on, and others do not notice (seed ${seed})`, {
    timeout: Math.max(120_000, frames * 5),
  }, async () => {
    const { address, key } = target
    const report = await attack({ address, key, seed, frames })
    for (const count of Object.values(report.frames)) expect(count).toBeGreaterThan(frames / 20)
    await target.goesOn()
  })
})
