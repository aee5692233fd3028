import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shipFunction } from '../../views/functions/ship-function.ts'
import { isFull } from '../scale.ts'
import { cases, refusals } from './programs/cases.ts'
import { esmCases } from './programs/esm-cases.ts'
import { Engine, type Outcome, runCase, type Ship } from './programs/run.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const programs = fileURLToPath(new URL('programs', import.meta.url))
const program = new URL('./programs/engine.mjs', import.meta.url)
const main = new URL('./programs/main.ts', import.meta.url)
const work = fileURLToPath(new URL('.tmp/functions', root))
const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root))
const ship: Ship = (fn) => shipFunction(fn)

interface Report {
  readonly outcomes: Record<string, Outcome>
  readonly messages: Record<string, string>
  readonly stack: string
}

/** A copy of the programs as a package of its own, whose `.ts` files are modules of the given kind. */
function project(name: string, type: 'module' | 'commonjs'): string {
  const folder = join(work, `${name}-${process.pid}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(programs, join(folder, 'src'), {
    recursive: true,
    filter: (file) => type === 'module' || !file.endsWith('esm-cases.ts'),
  })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }))
  return folder
}

async function compiled(name: string, type: 'module' | 'commonjs'): Promise<string> {
  const folder = project(name, type)
  const files = ['main.ts', 'run.ts', 'cases.ts', 'work.ts', ...(type === 'module' ? ['esm-cases.ts'] : [])]
  const options = ['--ignoreConfig', '--target', 'es2023', '--module', 'nodenext', '--rewriteRelativeImportExtensions']
  const more = ['--types', 'node', '--skipLibCheck', '--sourceMap', '--outDir', join(folder, 'out')]
  await run(process.execPath, [tsc, ...options, ...more, ...files.map((file) => join(folder, 'src', file))]).catch(
    (error: { stdout: string }) => {
      // The import of the file that is left out is an error of types alone.
      if (type === 'module') throw new Error(error.stdout)
    },
  )
  return join(folder, 'out', 'main.js')
}

/** One file and a module for `import()`, as a bundler makes them. */
async function bundled(name: string, type: 'module' | 'commonjs', options: BuildOptions): Promise<string> {
  const folder = project(name, type)
  await build({
    entryPoints: ['main.ts', 'work.ts'].map((file) => join(folder, 'src', file)),
    outdir: join(folder, 'out'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: type === 'module' ? 'esm' : 'cjs',
    ...(type === 'module' ? {} : { external: ['./esm-cases.ts'] }),
    logLevel: 'error',
    ...options,
  })
  return join(folder, 'out', 'main.js')
}

/** How each environment gets to the program, and the file and line that its stacks should name. */
const environments: Record<
  string,
  { start: () => Promise<string[]>; esm: boolean; frame: RegExp; env?: NodeJS.ProcessEnv; isMangled?: true }
> = {
  'node, compiled to ES modules': {
    start: async () => [await compiled('esm', 'module')],
    esm: true,
    frame: /out\/main\.js:\d+:\d+/,
  },
  'node, compiled to CommonJS': {
    start: async () => [await compiled('cjs', 'commonjs')],
    esm: false,
    frame: /out\/main\.js:\d+:\d+/,
  },
  'tsx, ES modules': {
    start: async () => ['--import', 'tsx', join(project('tsx-esm', 'module'), 'src', 'main.ts')],
    esm: true,
    frame: /src\/\.\/main\.ts:LINE:/,
  },
  'tsx, CommonJS': {
    start: async () => ['--import', 'tsx', join(project('tsx-cjs', 'commonjs'), 'src', 'main.ts')],
    esm: false,
    frame: /src\/\.\/main\.ts:LINE:/,
  },
  'a bundle of ES modules': {
    start: async () => [await bundled('bundle-esm', 'module', {})],
    esm: true,
    frame: /out\/main\.js:\d+:\d+/,
  },
  'a bundle of CommonJS, with a source map beside it': {
    start: async () => [await bundled('bundle-cjs', 'commonjs', { sourcemap: true })],
    esm: false,
    frame: /out\/main\.js:\d+:\d+/,
  },
  'a bundle of ES modules, with a source map in it': {
    start: async () => [await bundled('bundle-mapped', 'module', { sourcemap: 'inline' })],
    esm: true,
    frame: /src\/\.\/main\.ts:LINE:/,
  },
  'a minified bundle of ES modules': {
    start: async () => [await bundled('minified-esm', 'module', { minify: true })],
    esm: true,
    isMangled: true,
    frame: /out\/main\.js:\d+:\d+/,
  },
  'a minified bundle of CommonJS': {
    start: async () => [await bundled('minified-cjs', 'commonjs', { minify: true, keepNames: true })],
    esm: false,
    isMangled: true,
    frame: /out\/main\.js:\d+:\d+/,
  },
  "under V8's coverage": {
    start: async () => [await compiled('v8-coverage', 'module')],
    esm: true,
    frame: /out\/main\.js:\d+:\d+/,
    env: { NODE_V8_COVERAGE: join(work, `v8-coverage-${process.pid}`, 'coverage') },
  },
}

afterAll(() => {
  for (const name of readdirSync(work))
    if (name.endsWith(`-${process.pid}`)) rmSync(join(work, name), { recursive: true, force: true })
})

/** Between them they have each kind of module, of bundle and of stack. */
const usual = [
  'tsx, ES modules',
  'node, compiled to CommonJS',
  'a bundle of ES modules, with a source map in it',
  'a minified bundle of CommonJS',
  "under V8's coverage",
]
const tried = Object.entries(environments).filter(([name]) => isFull || usual.includes(name))

describe.each(tried)('%s', (_name, { start, esm, frame, env, isMangled }) => {
  let report: Report

  beforeAll(async () => {
    const args = [...(await start()), root.href, program.href, esm ? 'esm' : 'cjs']
    const { stdout } = await run(process.execPath, args, {
      cwd: fileURLToPath(root),
      maxBuffer: 1e8,
      env: { ...process.env, ...env },
    })
    report = JSON.parse(stdout) as Report
  })

  test.each(Object.keys(esm ? { ...cases, ...esmCases } : cases))('%s', (name) => {
    expectGood(report.outcomes[name])
  })

  test.each(Object.entries(refusals))('refuses %s', (name, { says, identifier }) => {
    expect(report.messages[name]).toMatch(/^CaptureError: Cannot ship/)
    // A minifier renames what the error names.
    if (isMangled) return
    expect(report.messages[name]).toContain(says)
    expect(report.messages[name]).toContain(identifier)
  })

  test('an error in a task names the file and the line', () => {
    const lines = readFileSync(main, 'utf8').split('\n')
    const line = lines.findIndex((text) => text.includes('throw new Error(`thrown')) + 1
    expect(report.stack).toMatch(new RegExp(frame.source.replace('LINE', String(line))))
  })
})

describe('vitest', () => {
  let engine: Engine

  beforeAll(() => {
    engine = new Engine(root.href, program)
  })
  afterAll(() => engine.close())

  test.each(Object.entries({ ...cases, ...esmCases }))('%s', async (_name, one) => {
    expectGood(await runCase(one, ship, engine))
  })

  test.each(Object.entries(refusals))('refuses %s', (_name, { fn, says, identifier }) => {
    expect(() => shipFunction(fn)).toThrow(says)
    expect(() => shipFunction(fn)).toThrow(
      expect.objectContaining({ code: 'YM_CAPTURE', details: expect.objectContaining({ identifier }) }),
    )
  })

  test('an error in a task names the file and the line', async () => {
    const mark = new Error('here')
    const answer = await engine.run(
      shipFunction((): number => {
        // Comments and types go, and the lines stay.
        const text: string = 'there'

        throw new Error(text)
      }),
    )
    const [, line] = mark.stack?.match(/environments\.test\.ts:(\d+)/) ?? []
    expect(answer.error?.stack).toContain(
      `${pathToFileURL(import.meta.dirname)}/./environments.test.ts:${Number(line) + 6}:`,
    )
  })
})

function expectGood(outcome: Outcome | undefined): void {
  expect(outcome?.remote).toBe(outcome?.local)
  expect(outcome?.names[1]).toBe(outcome?.names[0])
  expect(outcome?.sameAgain).toBe(true)
}

test('hashes are the same in another process', async () => {
  const args = ['--import', 'tsx', fileURLToPath(main), root.href, program.href, 'esm']
  const hashes = async (): Promise<string[]> => {
    const { stdout } = await run(process.execPath, args, { cwd: fileURLToPath(root), maxBuffer: 1e8 })
    return Object.values((JSON.parse(stdout) as Report).outcomes).map(({ hash }) => hash)
  }
  expect(await hashes()).toEqual(await hashes())
})

test("what is declared at Node's prompt travels", async () => {
  const lines = [
    `const { shipFunction } = require(${JSON.stringify(fileURLToPath(new URL('dist/views/functions/ship-function.js', root)))})`,
    `const { reviveFunction } = require(${JSON.stringify(fileURLToPath(new URL('dist/cluster/executors/revive.js', root)))})`,
    'var offset = 5; const factor = 3; function scale(x) { return x * factor + offset }',
    `reviveFunction(shipFunction((x) => ['answer', scale(x)].join()).payload).then((fn) => console.log(fn(2)))`,
  ]
  const child = run(process.execPath, ['--interactive'], { env: { ...process.env, NODE_NO_WARNINGS: '1' } })
  child.child.stdin?.end(`${lines.join('\n')}\n`)
  expect((await child).stdout).toContain('answer,11')
})
