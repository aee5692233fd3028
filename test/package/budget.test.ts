import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readLockFile } from '../../scripts/complete-lock.ts'

/**
 * What the package may weigh. Raise a bound when what it pays for is worth it; counts, not times, so that every machine gives the same.
 */
const bounds = {
  /** Half of it are source maps, by which errors are told in the lines of the sources. */
  packedBytes: 3_100_000,
  unpackedBytes: 11_000_000,
  /** That npm installs with it, all levels, less those that are optional. */
  packages: 30,
  /** Files that `import 'yardmaster'` loads: ours, and others'. */
  ownModules: 345,
  foreignModules: 300,
}

/** What a program pays for that only imports the package. */
const loadedPackages = ['acorn', 'pure-rand', 'rxjs', 'tinyqueue', 'xstate']

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the package', () => {
  test('is no larger than its bounds', () => {
    const packed = execFileSync('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    })
    const [{ size, unpackedSize }] = JSON.parse(packed) as [{ size: number; unpackedSize: number }]
    expect(size).toBeLessThan(bounds.packedBytes)
    expect(unpackedSize).toBeLessThan(bounds.unpackedBytes)
  })

  test('brings no more packages than it may', () => {
    const { packages } = readLockFile()
    const needed = Object.entries(packages).filter(
      ([path, { dev, optional, peer }]) => path !== '' && !dev && !optional && !peer,
    )
    const names = needed.map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(names.length, names.join(', ')).toBeLessThanOrEqual(bounds.packages)
  })
})

/** Counts what is loaded: ES modules by a hook, CommonJS modules by Node's own cache. */
const program = `
import { Module, register } from 'node:module'
const { port1, port2 } = new MessageChannel()
const urls = []
port1.on('message', (url) => urls.push(url)).unref()
const hooks = \`let port
export const initialize = (given) => { port = given }
export const load = (url, context, next) => { port.postMessage(url); return next(url, context) }\`
register('data:text/javascript,' + encodeURIComponent(hooks), { data: port2, transferList: [port2] })
await import('yardmaster')
await new Promise((resolve) => setTimeout(resolve, 100))
const files = [...urls.filter((url) => url.startsWith('file:')), ...Object.keys(Module._cache).map((path) => 'file://' + path)]
console.log(JSON.stringify([...new Set(files)]))
`

test('importing it loads what it must, and no package that only some need', () => {
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
  })
  const files = JSON.parse(printed) as string[]
  const foreign = files.filter((file) => file.includes('/node_modules/'))
  const own = files.filter((file) => file.includes('/dist/') && !file.includes('/node_modules/'))
  const packages = foreign.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1])
  expect([...new Set(packages)].sort()).toEqual(loadedPackages)
  expect(own.length).toBeGreaterThan(50)
  expect(own.length).toBeLessThanOrEqual(bounds.ownModules)
  expect(foreign.length).toBeLessThanOrEqual(bounds.foreignModules)
})
