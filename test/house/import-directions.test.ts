import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { type Area, areaOf, type HouseFile, houseFiles, importsOf, isCode } from './files.ts'

/** Which areas each may import, besides itself. `cli` stands above all; `testing` is published and may show anything. */
const MAY_IMPORT: Record<Area, readonly Area[]> = {
  core: [],
  transports: ['core'],
  scheduler: ['core'],
  cluster: ['core', 'scheduler', 'transports'],
  views: ['core', 'transports'],
  sim: ['core', 'transports', 'scheduler', 'cluster', 'views'],
  testing: ['core', 'transports', 'scheduler', 'cluster', 'views', 'sim'],
  benchmarks: ['core', 'transports', 'scheduler', 'cluster', 'views', 'sim', 'testing'],
  cli: ['core', 'transports', 'scheduler', 'cluster', 'views', 'sim', 'testing', 'benchmarks'],
}

/** The entry points of the package that lie beside the areas, and what each may show. */
const ENTRY_POINTS: Record<string, readonly Area[]> = {
  'index.ts': ['core', 'transports', 'scheduler', 'cluster', 'views', 'sim'],
  'engine.ts': ['core', 'cluster'],
  'browser.ts': ['core', 'transports', 'cluster', 'views'],
  'browser-executor.ts': ['cluster'],
}

/** Packages that belong to some areas only. All others are free. */
const PACKAGES: Record<string, readonly Area[]> = {
  rxjs: ['views'],
  zeromq: ['transports', 'benchmarks'],
  ws: ['transports', 'cluster', 'benchmarks'],
  commander: ['cli'],
  'cli-progress': ['views', 'cli'],
  '@kubernetes/client-node': ['cluster'],
  vitest: ['testing'],
  'fast-check': ['testing'],
  xstate: ['transports', 'scheduler', 'cluster', 'views', 'sim', 'testing', 'cli'],
}

interface Exception {
  readonly from: string
  /** An area, or a package. */
  readonly to: string
  readonly reason: string
}

const EXCEPTIONS: readonly Exception[] = [
  { from: 'views/cluster.ts', to: 'cluster', reason: 'It starts a local cluster and connects a client to it.' },
  { from: 'views/connect.ts', to: 'cluster', reason: 'It reads the connection file that a controller wrote.' },
  {
    from: 'browser.ts',
    to: 'browser-executor.js',
    reason: 'It names the module of its workers, which lies beside it.',
  },
  {
    from: 'cluster/launchers/slurm/slurm.ts',
    to: 'cli',
    reason: 'It names the file that its jobs run, and loads nothing of it.',
  },
  { from: 'cli/version.ts', to: '../package.json', reason: 'It reads its version there, seen from dist/cli.' },
]

const library = houseFiles().filter((file) => isCode(file) && (areaOf(file.path) || file.path in ENTRY_POINTS))

interface Edge {
  readonly from: string
  readonly to: string
}

/** What a file imports that its area may not. */
function violations(file: HouseFile): Edge[] {
  const own = areaOf(file.path)
  const areas = own ? [own, ...MAY_IMPORT[own]] : (ENTRY_POINTS[file.path] ?? [])
  return importsOf(file).flatMap((specifier): Edge[] => {
    if (!specifier.startsWith('.')) {
      const name = specifier.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? specifier
      const allowed = PACKAGES[name]
      return allowed && !(own && allowed.includes(own)) ? [{ from: file.path, to: name }] : []
    }
    const path = posix.join(posix.dirname(file.path), specifier)
    const area = areaOf(path)
    if (area) return areas.includes(area) ? [] : [{ from: file.path, to: area }]
    // Entry points, scripts and tests are for those outside. The manifest is data.
    return path === 'package.json' ? [] : [{ from: file.path, to: path }]
  })
}

const found = library.flatMap(violations)
const isExcepted = (edge: Edge) => EXCEPTIONS.some(({ from, to }) => from === edge.from && to === edge.to)

test('imports point one way only', () => {
  expect(found.filter((edge) => !isExcepted(edge)).map(({ from, to }) => `${from} must not import ${to}`)).toEqual([])
})

test('every exception is still needed, and says why', () => {
  const stale = EXCEPTIONS.filter(({ from, to }) => !found.some((edge) => edge.from === from && edge.to === to))
  expect(stale).toEqual([])
  expect(EXCEPTIONS.filter(({ reason }) => reason.length < 20)).toEqual([])
})

test('library code never imports the package by its own name', () => {
  const circular = library.filter((file) => importsOf(file).some((specifier) => /^yardmaster(\/|$)/.test(specifier)))
  expect(circular.map((file) => file.path)).toEqual([])
})

test('the page of the dashboard imports the form of a run, and nothing else of the library', () => {
  const page = houseFiles().filter((file) => isCode(file) && file.path.startsWith('dashboard/'))
  const feed = houseFiles().filter((file) => file.path.startsWith('cluster/dashboard/feed/'))
  const within = (files: readonly HouseFile[], folders: readonly string[]) =>
    files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => posix.join(posix.dirname(file.path), specifier))
        .filter((path) => !folders.some((folder) => `${path}/`.startsWith(folder)))
        .map((path) => `${file.path} must not import ${path}`),
    )
  expect(page.length).toBeGreaterThan(10)
  expect(within(page, ['dashboard/', 'cluster/dashboard/feed/'])).toEqual([])
  expect(within(feed, ['cluster/dashboard/feed/'])).toEqual([])
  expect(feed.flatMap((file) => importsOf(file)).filter((specifier) => !specifier.startsWith('.'))).toEqual([])
})

test('the guard sees each way to name another file', () => {
  const text = `
import type { A } from '../scheduler/a.ts'
import {
  b,
  c,
} from '../views/b.ts'
import '../cli/c.ts'
export * from '../cluster/d.ts'
export type { E } from '../testing/e.ts'
const lazy = () => import('../sim/f.ts')
const worker = new URL('../transports/g.js', import.meta.url)
import { Observable } from 'rxjs/operators'
// import('../cli/no.ts')
 * import { no } from '../cli/no.ts'
const code = "import('../cli/no.ts')"
`
  const seen = violations({ path: 'core/x.ts', text }).map((edge) => edge.to)
  expect(seen.sort()).toEqual(['cli', 'cluster', 'rxjs', 'scheduler', 'sim', 'testing', 'transports', 'views'])
})
