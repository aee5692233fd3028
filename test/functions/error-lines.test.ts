/** Where a stack points: the lines of the user's sources, however they were compiled. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scaled } from '../scale.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'node_modules')
const folder = mkdtempSync(join(tmpdir(), 'yardmaster-lines-'))
const source = join(folder, 'src/program.ts')
const task = join(folder, 'src/work.ts')

beforeAll(() => {
  mkdirSync(join(folder, 'src'))
  mkdirSync(join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(root, join(folder, 'node_modules/yardmaster'), 'junction')
  for (const name of ['@types', 'tsx']) symlinkSync(join(modules, name), join(folder, 'node_modules', name), 'junction')
  writeFileSync(
    task,
    `interface Unseen { readonly by: 'JavaScript' }

export function work(x: number): number {
  throw new RangeError(\`no \${x}\`, { cause: new TypeError('deeper') })
}
`,
  )
  writeFileSync(
    source,
    `import { inspect } from 'node:util'
import { Cluster, task } from 'yardmaster'

interface Point {
  readonly x: number
}

function check(point: Point): number {
  if (point.x > 2) {
    throw new RangeError('far', { cause: new TypeError('deeper') })
  }
  return point.x
}

const [engineKind, transport, work] = process.argv.slice(2) as ['process', 'zeromq', string]
const cluster = await Cluster.start({ engines: 1, engineKind, ...(transport ? { transport } : {}) })
const view = (await cluster.connect()).loadBalancedView()
const shown = async (result: PromiseLike<unknown>) => result.then(() => '', (error: unknown) => inspect(error))
const module = task<(x: number) => number>(work, 'work')
console.log(JSON.stringify([
  await shown(view.apply((point: Point) => check(point), { x: 5 })),
  await shown(view.map((x: number) => check({ x }), [1, 2, 3, 4])),
  await shown(view.apply(module, 1)),
]))
await cluster.stop()
`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Way {
  /** Answers the program, and the module of its module task. */
  compile(): readonly [program: string, work: string]
  readonly flags?: readonly string[]
}

function bundle(name: string, options: BuildOptions): readonly [string, string] {
  const outfile = join(folder, name, 'program.js')
  const outwork = join(folder, name, 'work.js')
  const common: BuildOptions = { bundle: true, platform: 'node', format: 'esm', external: ['yardmaster'], ...options }
  buildSync({ ...common, entryPoints: [source], outfile })
  buildSync({ ...common, entryPoints: [task], outfile: outwork })
  return [outfile, outwork]
}

const ways: Record<string, Way> = {
  tsx: { compile: () => [source, task], flags: ['--import', import.meta.resolve('tsx')] },
  'tsc with maps beside': {
    compile: () => {
      const tsc = join(modules, 'typescript/bin/tsc')
      const options = '--target es2023 --module nodenext --sourceMap --skipLibCheck --types node --outDir out'.split(
        ' ',
      )
      execFileSync(process.execPath, [tsc, ...options, source, task], { cwd: folder })
      return [join(folder, 'out/program.js'), join(folder, 'out/work.js')]
    },
  },
  'a bundle with its map inside': { compile: () => bundle('inside', { sourcemap: 'inline' }) },
  'a bundle with its map beside': { compile: () => bundle('beside', { sourcemap: true }) },
  'a minified bundle': { compile: () => bundle('minified', { sourcemap: true, minify: true }) },
}

const links = [
  ['thread', ''],
  ['process', 'zeromq'],
  ['process', 'websocket'],
] as const

const cases = Object.keys(ways).flatMap((name, i) => {
  // Each link with some, and all with the first.
  const some =
    i === 0
      ? scaled<readonly (typeof links)[number][]>(links, links.slice(1, 2))
      : [links[i % links.length] as (typeof links)[number]]
  return some.map((link) => [name, ...link] as const)
})

test.each(cases)('%s, on a %s engine %s', (name, engineKind, transport) => {
  const { compile, flags = [] } = ways[name] as Way
  const [program, work] = compile()
  const args = [...flags, program, engineKind, transport, pathToFileURL(work).href]
  // The time limit of the test cannot end what it waits for in this way.
  const options = { cwd: folder, encoding: 'utf8', timeout: 50_000, killSignal: 'SIGKILL' } as const
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, options)
  expect({ stderr, signal }).toEqual({ stderr: '', signal: null })
  const [applied, mapped, fromModule] = JSON.parse(stdout) as string[]
  // tsx names files by their paths.
  const at = (file: string, line: number) => new RegExp(`${file.replaceAll('.', '\\.')}:${line}:\\d+`)
  for (const [text, lines] of [
    [applied, [10, 21]],
    [mapped, [10, 22]],
  ] as const) {
    for (const line of lines) expect(text).toMatch(at(source, line))
  }
  expect(applied).toMatch(/at task \w+\.0 \(attempt 1, engine 0\)/)
  expect(applied).toMatch(/cause: TypeError: deeper\n +at /)
  expect(mapped).toMatch(/^CompositeError: 2 of 4 failed: 2 RangeError\n {2}item 2, engine 0: RangeError: far\n/)
  expect(fromModule).toMatch(at(task, 4))
  for (const text of [applied, mapped, fromModule]) expect(text).not.toMatch(/dist\/cluster|node:internal/)
})
