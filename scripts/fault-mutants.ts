/**
 * Puts each known defect of the fault paths into a copy of the sources and simulates there until it is found, or runs the test that is named for it:
 * `npm run mutants:faults -- [words]` for all, or for those whose description holds the words. `MUTANT_SEEDS` and `MUTANT_PROCESSES`
 * say within how many seeds, and how many at a time.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FaultMutant, faultMutants } from '../test/sim/fault-mutants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const needed = [
  'core',
  'scheduler',
  'transports',
  'cluster',
  'views',
  'sim',
  'testing',
  'test',
  'package.json',
  'tsconfig.json',
]
/** Within so many seeds each must be found that has no test of its own. */
const seedsMax = Number(process.env.MUTANT_SEEDS ?? 200)
/** A seed that takes so long has no end, and what makes it so is found by that. */
const seedMsMax = 60_000
const parallel = Number(process.env.MUTANT_PROCESSES ?? 2)

const runner = `import { runSeed } from './sim/run-seed.ts'
for (let seed = 1; seed <= ${seedsMax}; seed += 1) {
  process.stderr.write('.')
  const { finding } = await runSeed(seed)
  if (finding === undefined) continue
  console.log(JSON.stringify({ seed, finding: finding.split('\\n')[0] }))
  process.exit(0)
}
console.log('{}')
process.exit(0)
`

interface Verdict {
  readonly seed?: number
  readonly finding?: string
}

async function examine({ file, from, to, test }: FaultMutant): Promise<Verdict> {
  const path = mkdtempSync(join(tmpdir(), 'yardmaster-faults-'))
  try {
    for (const name of needed) cpSync(join(root, name), join(path, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'), 'junction')
    if (test !== undefined && !(await passes(test, path))) throw new Error(`${test} fails without a defect`)
    const source = readFileSync(join(path, file), 'utf8')
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`)
    writeFileSync(
      join(path, file),
      source.replace(from, () => to),
    )
    if (test !== undefined) return (await passes(test, path)) ? {} : { finding: `${test} fails` }
    writeFileSync(join(path, 'run.mts'), runner)
    return await run(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

async function passes(test: string, cwd: string): Promise<boolean> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  writeFileSync(join(cwd, 'vitest.config.mjs'), 'export default { test: { testTimeout: 120_000 } }')
  const child = spawn(process.execPath, [vitest, 'run', test], { cwd, stdio: 'ignore' })
  return (await new Promise((resolve) => child.on('close', resolve))) === 0
}

async function run(cwd: string): Promise<Verdict> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'run.mts'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  let isHanging = false
  const timer = setTimeout(() => {
    isHanging = true
    child.kill('SIGKILL')
  }, seedMsMax)
  // Another seed has begun.
  child.stderr.on('data', () => timer.refresh())
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  if (isHanging) return { finding: 'a seed does not end' }
  return code === 0 ? JSON.parse(output) : { finding: `it ends with ${code}` }
}

const words = process.argv.slice(2).join(' ')
const queue = faultMutants.filter(({ says, file }) => `${file}: ${says}`.includes(words))
const examined = queue.length
let survivors = 0
async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { seed, finding } = await examine(mutant)
    if (finding === undefined) survivors += 1
    const found =
      finding === undefined ? 'SURVIVES' : `${seed === undefined ? '' : `seed ${seed}: `}${finding.slice(0, 100)}`
    console.log(`${mutant.says.padEnd(72)} | ${found}`)
  }
}
await Promise.all(Array.from({ length: parallel }, work))
console.log(`${examined} mutants, within ${seedsMax} seeds ${survivors} survive`)
process.exitCode = survivors > 0 ? 1 : 0
