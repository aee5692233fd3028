import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Yardmaster } from '../cli/yardmaster.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/LAB.md'), 'utf8')
const run = promisify(execFile)
const yardmaster = new Yardmaster()
/** Beside the sources, so that 'yardmaster' is this package; no two runs share it. */
const folder = join(root, '.tmp', `lab-${process.pid}`)
const graphs = join(root, 'test/sim/lab/fixtures/estee/graphs/pegasus')

/** Blocks of code that begin with the name of a file. */
const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```/gms)].map(([, name, text]) => [name, text] as const)

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of files) writeFileSync(join(folder, name as string), text as string)
  copyFileSync(join(graphs, 'montage-693f2e39-61dd-42a1-b55c-5213e71ae81a.json'), join(folder, 'montage.json'))
  const compiled = files.map(([name]) => name)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', files: compiled, exclude: [] }),
  )
})
afterAll(() => {
  yardmaster[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

function tool(file: string, ...args: string[]) {
  return run(process.execPath, [join(root, 'node_modules', file), ...args], { cwd: folder })
}

test('the files of the guide have the right types', async () => {
  expect(files.map(([name]) => name)).toEqual(['fullest.ts', 'fullest.test.ts', 'live.ts', 'compare.ts'])
  const { stdout } = await tool('typescript/bin/tsc', '-p', 'tsconfig.json').catch((error) => error)
  expect(stdout).toBe('')
})

test('the strategy of the guide passes the suite', async () => {
  writeFileSync(join(folder, 'vitest.config.js'), 'export default {}\n')
  const { stdout } = await tool('vitest/vitest.mjs', 'run', '--root', folder, 'fullest.test.ts').catch((error) => error)
  expect(stdout).toMatch(/Tests .*passed/)
  expect(stdout).not.toMatch(/failed/)
})

test('the command of the guide prints what the guide shows', async () => {
  const [, command = '', printed = ''] = /^```sh\n(yardmaster simulate .*?)^```\n\n```\n(.*?)^```/ms.exec(guide) ?? []
  const { code, stdout, stderr } = await yardmaster.shell(`cd '${folder}' && ${command}`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.split('\nwritten: ')[0]).toBe(printed)
  expect(existsSync(join(folder, 'fullest/report.html'))).toBe(true)
})

test('the strategy of the guide runs live', async () => {
  const { stdout, stderr } = await tool('tsx/dist/cli.mjs', 'live.ts')
  expect({ stdout, stderr }).toEqual({ stdout: '[ 1, 4, 9 ]\n', stderr: '' })
})

test('the program of the guide compares', async () => {
  const { stdout, stderr } = await tool('tsx/dist/cli.mjs', 'compare.ts')
  expect({ stdout, stderr }).toEqual({
    stdout: 'fullest is better than leastload 10 times of 10, p = 0.002\n',
    stderr: '',
  })
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/)
})
