/**
 * Keeps a cluster of processes busy with everything that there is, and looks whether memory grows:
 * `npm run soak -- --minutes 30 [--rate 8] [--seed N]`. Ends with 1 where it does, or where a result was wrong.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { textTable } from '../benchmarks/table.ts'
import { freshSeed } from '../core/random.ts'
import type { Memory, ThreadMemory } from '../test/soak/memory.ts'
import { type Sample, soak } from '../test/soak/soak.ts'
import { grows, trendOf } from '../test/soak/trend.ts'
import { buildIfStale } from './build.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    rate: { type: 'string', default: '8' },
    seed: { type: 'string' },
  },
})
const seconds = Number(values.minutes) * 60
const rate = Number(values.rate)
const seed = Number(values.seed ?? freshSeed())
if (!(seconds >= 60 && rate > 0 && Number.isInteger(seed))) {
  console.error(
    'Say for how long, a minute or more, and how many operations a second: npm run soak -- --minutes 2 --rate 8',
  )
  process.exit(2)
}

const decimals = (value: number, digits: number) => value.toFixed(digits)
const thousands = (value: number) => value.toLocaleString('en')

/** The size of a whole process settles within minutes only: stores find theirs, allocators keep what they may need again. */
const isJudged = (kind: keyof Memory) => kind !== 'resident' || seconds >= 600
/** Until so much of the time has passed, memory may grow: code is compiled, stores find their size. */
const warmShare = 1 / 3
/**
 * In MiB: less than this over the rest of the time is no growth. In a short run code is still being compiled; what the controller
 * retains of results changes by some.
 */
const tolerances: Readonly<Record<keyof Memory, number>> = { heap: seconds < 600 ? 1 : 0.5, external: 8, resident: 24 }
/** Of the executor, which is a thread, the rest is in its engine. */
const series = {
  controller: ['heap', 'external', 'resident'],
  client: ['heap', 'external', 'resident'],
  engine: ['heap', 'external', 'resident'],
  executor: ['heap', 'external'],
} as const satisfies { [Name in keyof Sample['memory']]: readonly (keyof Sample['memory'][Name])[] }
const observed = ['controller', 'client', 'engine', 'executor'] as const

await buildIfStale()
const folder = await mkdtemp(join(tmpdir(), 'yardmaster-soak-'))
const lineEvery = seconds / 15
let printed = -lineEvery
const show = ({ at, tasks, memory }: Sample) => {
  if (at - printed < lineEvery) return
  printed = at
  const figures = observed.map((name) => {
    const { heap, external, resident }: ThreadMemory & Partial<Memory> = memory[name]
    const whole = resident === undefined ? '' : `, ${decimals(resident, 0)}`
    return `${name} ${decimals(heap, 1)} + ${decimals(external, 1)}${whole}`
  })
  console.log(`${decimals(at, 0).padStart(6)} s ${thousands(tasks).padStart(9)} tasks; ${figures.join('; ')}`)
}
try {
  console.log(
    `soak for ${values.minutes} minutes, ${rate} operations a second, seed ${seed}; MiB: heap + buffers outside it, whole process`,
  )
  const { samples, load, engineKills, cpuShare } = await soak({
    ...{ seconds, seed, rate, folder },
    sampleSeconds: Math.min(10, seconds / 60),
    onSample: show,
  })
  const rows: string[][] = []
  const grown: string[] = []
  const steady = samples.filter(({ at }) => at >= seconds * warmShare)
  for (const name of observed) {
    for (const kind of series[name]) {
      const points = steady.map(({ at, memory }) => {
        const { [kind]: value = Number.NaN }: ThreadMemory & Partial<Memory> = memory[name]
        return { at, value }
      })
      const trend = trendOf(points)
      const isGrown = isJudged(kind) && grows(trend, tolerances[kind])
      if (isGrown) grown.push(`${kind} of the ${name}`)
      const hourly = [trend.slope, trend.lowest, trend.highest].map((slope) => decimals(slope * 3_600, 2))
      const verdict = isGrown ? 'grows' : isJudged(kind) ? 'flat' : ''
      rows.push([`${name}, ${kind}`, decimals(trend.median, 1), ...hourly, verdict])
    }
  }
  console.log(textTable(['MiB, after the first third', 'median', 'an hour', 'from', 'to', ''], rows))
  const { tasks, operations, excused, problems } = load
  const done = Object.values(operations).reduce((sum, count) => sum + count, 0)
  const last = samples.at(-1)?.at ?? seconds
  console.log(
    `${thousands(tasks)} tasks (${decimals(tasks / last, 0)} a second) of ${thousands(done)} operations, all checked, ${problems.length} wrong; ${engineKills} engines killed, for which ${excused} operations were excused; the observed processes took ${decimals(cpuShare * 100, 0)} % of a core`,
  )
  console.log(JSON.stringify(operations))
  for (const problem of problems) console.error(problem)
  for (const what of grown) console.error(`the ${what} grows`)
  if (grown.length + problems.length > 0) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
