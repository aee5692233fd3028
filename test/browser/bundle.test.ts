/** What browsers load: without anything of Node, and of a known size. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** kB (of 1,000 bytes) after gzip: as it is, and a little more. README and docs/BROWSERS.md say these. */
const kilobytesMax = { 'browser.js': 185, 'browser-executor.js': 80 }

test.for(Object.entries(kilobytesMax))('dist/%s is no larger than is said', ([file, most]) => {
  const size = gzipSync(readFileSync(`${root}dist/${file}`)).length / 1000
  expect(size).toBeLessThan(most)
  // A bound that is far off guards nothing.
  expect(size).toBeGreaterThan(most * 0.85)
})

test('a page’s bundle of it has nothing of Node', async () => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { Client, startEngine } from 'yardmaster/browser'`, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    outfile: 'page.js',
    metafile: true,
    write: false,
  })
  expect(Object.keys(metafile.inputs)).toEqual(['dist/browser.js', '<stdin>'])
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
  expect(outputFiles[0]?.text).not.toMatch(/["'`]node:(?!internal)|\brequire\(|process\.getBuiltinModule/)
})
