import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, expectTypeOf, test } from 'vitest'
import { reviveFunction } from '../../cluster/executors/revive.ts'
import { encodeValue } from '../../core/payload.ts'
import { type ModuleTask, task, tasks } from '../../views/functions/module-task.ts'
import { shipFunction } from '../../views/functions/ship-function.ts'
import { scale } from './programs/work.ts'

const work = new URL('./programs/work.ts', import.meta.url)
const folder = mkdtempSync(path.join(tmpdir(), 'module-task-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function moduleWith(name: string, text: string): URL {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return pathToFileURL(file)
}

const revive = (handle: ModuleTask) => reviveFunction(shipFunction(handle).payload)

test('an export is found by name, by function and by member', async () => {
  const handles = [task(work, 'scale'), task(work, scale), tasks<typeof import('./programs/work.ts')>(work).scale]
  for (const handle of handles) {
    expect(handle).toMatchObject({ url: work.href, exportName: 'scale' })
    expect((await revive(handle))(2, 3)).toBe(46)
  }
})

test('a default export, an async generator, a package and a module of Node', async () => {
  expect((await revive(task(work, 'default')))(4)).toBe(8)
  expect((await revive(task(work, 'countTo')))(1)).toHaveProperty('next')
  expect((await revive(task('acorn', 'getLineInfo')))('a', 1)).toMatchObject({ line: 1 })
  expect((await revive(task('node:path', 'join')))('a', 'b')).toBe(path.join('a', 'b'))
})

test('an exported function of CommonJS, whose names Node cannot tell', async () => {
  const url = moduleWith('hidden.cjs', `Object.assign(module.exports, Object.fromEntries([['twice', (x) => 2 * x]]))`)
  expect((await revive(task(url, 'twice')))(4)).toBe(8)
})

test('types follow', () => {
  type Scale = (x: number, y: number) => number
  expectTypeOf(task(work, scale)).toEqualTypeOf<ModuleTask<Scale>>()
  expectTypeOf(task<typeof scale>(work, 'scale')).toEqualTypeOf<ModuleTask<Scale>>()
  expectTypeOf(task<typeof import('./programs/work.ts').scale>(work, 'scale')).toEqualTypeOf<ModuleTask<Scale>>()
  expectTypeOf(tasks<typeof import('./programs/work.ts')>(work).scale).toEqualTypeOf<ModuleTask<Scale>>()
  expectTypeOf(tasks<typeof import('./programs/work.ts')>(work)).not.toHaveProperty('notFunction')
})

test('a missing export is named, with those that there are', async () => {
  await expect(revive(task(work, 'scael'))).rejects.toThrow(
    expect.objectContaining({ code: 'YM_MODULE', message: expect.stringMatching(/no export 'scael'.* scale,? /) }),
  )
  await expect(revive(task(work, 'notFunction'))).rejects.toThrow(/is no function/)
})

test('a module of another language is for other engines', async () => {
  const error = expect.objectContaining({ code: 'YM_UNMET_DEPENDENCY', message: expect.stringContaining("'python:'") })
  await expect(revive(task('python:math', 'sqrt'))).rejects.toThrow(error)
  const importing = moduleWith('importing.mjs', `import 'python:math'; export const f = () => 1`)
  await expect(revive(task(importing, 'f'))).rejects.toThrow(expect.objectContaining({ code: 'YM_MODULE' }))
})

test('a missing module is named, with who imports it', async () => {
  const nowhere = pathToFileURL(path.join(folder, 'nowhere.js'))
  await expect(revive(task(nowhere, 'f'))).rejects.toThrow(
    expect.objectContaining({ code: 'YM_MODULE', message: expect.stringContaining('nowhere.js') }),
  )
  const broken = moduleWith('broken.mjs', `export const f = () => 1\nthrow new Error('on purpose')`)
  await expect(revive(task(broken, 'f'))).rejects.toThrow(/on purpose/)
})

test.each([
  ['changing.mjs', 'export const version ='],
  ['changing.cjs', 'exports.version ='],
  ['changing.mts', 'export const version: () => number ='],
  ['changing.cts', 'exports.version ='],
])('a module that changed is loaded anew: %s', async (name, head) => {
  const version = (n: number) => moduleWith(name, `${head} () => ${n}`)
  const url = version(1)
  const first = task(url, 'version')
  expect((await revive(first))()).toBe(1)
  version(2)
  const second = task(url, 'version')
  expect((await revive(second))()).toBe(2)
  expect(second.contentHash).not.toBe(first.contentHash)
})

test('a file that is not the same on the machine of the engine is told, with both hashes and what to do', async () => {
  const url = moduleWith('differing.mjs', 'export const f = () => 1')
  const { payload } = shipFunction(task(url, 'f'))
  moduleWith('differing.mjs', 'export const f = () => 2')
  const hash = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 8)
  await expect(reviveFunction(payload)).rejects.toThrow(
    expect.objectContaining({
      code: 'YM_MODULE',
      message: expect.stringMatching(
        new RegExp(
          `differing.mjs .*${hash('export const f = () => 2')} .*${hash('export const f = () => 1')} .*Copy the client's file`,
        ),
      ),
    }),
  )
  moduleWith('differing.mjs', 'export const f = () => 1')
  expect((await reviveFunction(payload))()).toBe(1)
  // It is loaded: what the file holds later is of no interest to this client.
  moduleWith('differing.mjs', 'export const f = () => 3')
  expect((await reviveFunction(payload))()).toBe(1)
})

test('what a module imports is not looked at: it stays as it was loaded first', async () => {
  moduleWith('imported.mjs', 'export const n = 1')
  const importing = (text: string) =>
    moduleWith('importer.mjs', `import { n } from './imported.mjs'; export const f = () => '${text}' + n`)
  expect((await revive(task(importing('a'), 'f')))()).toBe('a1')
  moduleWith('imported.mjs', 'export const n = 2')
  expect((await revive(task(importing('b'), 'f')))()).toBe('b1')
})

test('a handle needs to know where its module is', () => {
  expect(() => task('./work.js', 'f')).toThrow(/new URL\('.\/work.js', import.meta.url\)/)
  expect(() => task(import.meta.url, () => 1)).toThrow(/name of an export/)
  expect(task(path.join(folder, 'a.js'), 'f').url).toBe(pathToFileURL(path.join(folder, 'a.js')).href)
  expect(task('left-pad', 'f').contentHash).toBeNull()
})

test('what is no travelling form is refused', async () => {
  for (const value of [undefined, {}, { kind: 'module', url: 1 }, { kind: 'inline', functions: [] }])
    await expect(reviveFunction(encodeValue(value))).rejects.toThrow(expect.objectContaining({ code: 'YM_PROTOCOL' }))
})
