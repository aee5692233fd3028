/**
 * Puts each known defect into a copy of the scheduler and runs its tests there, which must fail: `npm run mutants -- [words]`
 * for all, or for those whose description holds the words. First the tests of the invariant that the defect breaks, by the number
 * in their names; all of the scheduler's only where those notice nothing.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Mutant, mutants } from '../test/scheduler/mutants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** What the scheduler's tests read. */
const needed = ['core', 'scheduler', 'transports', 'testing', 'test/scheduler', 'docs', 'package.json', 'tsconfig.json']
const parallel = 2
const timeoutMs = 300_000

interface Verdict {
  /** The test that failed; undefined: none. */
  readonly test: string | undefined
  readonly seconds: number
  /** A test of the very invariant noticed it. */
  readonly isOwn: boolean
}

const config = `export default { test: {
  include: ['test/scheduler/**/*.test.ts'],
  exclude: ['test/scheduler/mutants.test.ts'],
  pool: 'forks', maxWorkers: 1, bail: 1, testTimeout: 120_000,
  reporters: ['json'], outputFile: 'result.json',
} }
`

class Workspace {
  private readonly path = mkdtempSync(join(tmpdir(), 'yardmaster-mutants-'))

  constructor() {
    for (const name of needed) cpSync(join(root, name), join(this.path, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.path, 'node_modules'), 'junction')
    writeFileSync(join(this.path, 'vitest.config.mjs'), config)
  }

  /** Without a mutant the tests must pass: else all would seem to be noticed. */
  async runUnchanged(): Promise<string | undefined> {
    return this.run()
  }

  async examine({ file, from, to, invariant }: Mutant): Promise<Verdict> {
    const path = join(this.path, file)
    const source = readFileSync(path, 'utf8')
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`)
    writeFileSync(
      path,
      source.replace(from, () => to),
    )
    const startedAt = performance.now()
    try {
      const own = await this.run(`(^| )${invariant}: `)
      const test = own ?? (await this.run())
      return { test, seconds: (performance.now() - startedAt) / 1_000, isOwn: own !== undefined }
    } finally {
      writeFileSync(path, source)
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  /** Answers which test failed first, if any. Throws where the tests could not be run. */
  private async run(pattern?: string): Promise<string | undefined> {
    const result = join(this.path, 'result.json')
    rmSync(result, { force: true })
    const vitest = join(this.path, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', '--root', this.path, ...(pattern === undefined ? [] : ['-t', pattern])]
    const env = { ...process.env, PROPERTY_SEED: '1' }
    const child = spawn(process.execPath, args, { cwd: this.path, env, stdio: 'ignore', detached: true })
    let isHanging = false
    const timer = setTimeout(() => {
      isHanging = true
      // The whole group: a worker that hangs does not hear that its parent is gone.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, timeoutMs)
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    clearTimeout(timer)
    if (isHanging) return 'none: the tests do not end'
    if (code === 0) return undefined
    return failedTest(JSON.parse(readFileSync(result, 'utf8')))
  }
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

function failedTest({ testResults }: Report): string {
  for (const { assertionResults } of testResults)
    for (const { status, title } of assertionResults) if (status === 'failed') return title
  throw new Error(`The tests cannot be run: ${testResults.map(({ message }) => message).join('\n')}`)
}

function row(mutant: Mutant, { test, seconds, isOwn }: Verdict): string {
  const killer = test === undefined ? 'SURVIVES' : `${isOwn ? '' : 'another: '}${test}`
  const words = [mutant.says.padEnd(82), String(mutant.invariant).padStart(2), `${seconds.toFixed(0)} s`.padStart(5)]
  return [...words, killer.length > 90 ? `${killer.slice(0, 89)}…` : killer].join(' | ')
}

const words = process.argv.slice(2).join(' ')
const chosen = mutants.filter(({ says, file }) => `${file}: ${says}`.includes(words))
const workspaces = Array.from({ length: Math.min(parallel, chosen.length) }, () => new Workspace())
const verdicts: { readonly mutant: Mutant; readonly verdict: Verdict }[] = []
try {
  const failing = await workspaces[0]?.runUnchanged()
  if (failing !== undefined) throw new Error(`This fails without any mutant: ${failing}`)
  console.log(`${'mutant'.padEnd(82)} | of |  time | noticed by`)
  const queue = [...chosen]
  const work = async (workspace: Workspace) => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const verdict = await workspace.examine(mutant)
      verdicts.push({ mutant, verdict })
      console.log(row(mutant, verdict))
    }
  }
  await Promise.all(workspaces.map(work))
} finally {
  for (const workspace of workspaces) workspace.remove()
}
const survivors = verdicts.filter(({ verdict }) => verdict.test === undefined)
const own = verdicts.filter(({ verdict }) => verdict.isOwn)
console.log(
  `${verdicts.length} mutants, ${own.length} noticed by a test of their invariant, ${survivors.length} survive`,
)
// Each invariant's own tests must notice at least one defect.
const blind = [...new Set(chosen.map(({ invariant }) => invariant))].filter(
  (number) => !own.some(({ mutant }) => mutant.invariant === number),
)
if (blind.length > 0 && words === '') console.log(`no test of its own notices anything: ${blind.join(', ')}`)
process.exitCode = survivors.length > 0 || (blind.length > 0 && words === '') ? 1 : 0
