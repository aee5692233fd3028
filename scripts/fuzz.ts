/**
 * Attacks a running controller with malformed, mutated and random frames:
 * `npm run fuzz -- [frames per transport] [seed]`, by default a million. Memory is read between tenths, after a collection.
 */
import { freshSeed } from '../core/random.ts'
import { attack } from '../test/fuzz/attack.ts'
import { Target } from '../test/fuzz/target.ts'
import { build } from './build.ts'

const frames = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? freshSeed())
const rounds = 10
if (!(frames >= rounds)) {
  console.error('Say how many frames, for example: npm run fuzz -- 100000')
  process.exit(2)
}

async function fuzz(transport: 'websocket' | 'zeromq'): Promise<void> {
  const target = await Target.start(transport)
  const sent = { stranger: 0, client: 0, engine: 0 }
  const connections = { ...sent }
  const startedAt = performance.now()
  for (let round = 0; round < rounds; round += 1) {
    const { address, key } = target
    const report = await attack({ address, key, seed: seed + round, frames: frames / rounds })
    for (const who of ['stranger', 'client', 'engine'] as const) {
      sent[who] += report.frames[who]
      connections[who] += report.connections[who]
    }
    await target.goesOn()
    console.log(transport, round + 1, JSON.stringify(await target.memory()))
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const total = Object.values(sent).reduce((sum, count) => sum + count, 0)
  await target.stop()
  console.log(
    `${transport}, seed ${seed}: ${total} frames (${JSON.stringify(sent)}) on ${JSON.stringify(connections)} connections in ${seconds.toFixed(0)} s, ${(total / seconds).toFixed(0)} a second; the controller went on, and its client did not notice`,
  )
}

await build()
for (const transport of ['websocket', 'zeromq'] as const) await fuzz(transport)
