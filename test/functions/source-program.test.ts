/** Texts as direct views execute them: rewritten here, run as on an engine, in one namespace. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { executeSource } from '../../cluster/executors/execute-source.ts'
import { namespaceFunctions } from '../../cluster/executors/namespace-functions.ts'
import { enterTask, leaveTask, type TaskContext } from '../../cluster/task-context.ts'
import { SourceError } from '../../core/errors.ts'
import type { TaskId } from '../../core/ids.ts'
import { sourceProgram } from '../../views/functions/source-program.ts'

let namespace: Record<string, unknown> = Object.create(null)
afterEach(() => {
  namespace = Object.create(null)
})

function within<T>(body: () => T): T {
  const context: TaskContext = {
    id: 'a.0' as TaskId,
    attempt: 1,
    engineId: 0,
    signal: new AbortController().signal,
    namespace,
    progress() {},
    emit() {},
  }
  const result = enterTask(context, false, body)
  leaveTask(context)
  return result
}

function execute(text: string, name = 'yardmaster:execute', parent = pathToFileURL(`${process.cwd()}/`).href) {
  return within(() => executeSource(structuredClone(sourceProgram(text, name, parent))))
}

const failure = (text: string) =>
  execute(text).then(
    () => undefined,
    (error: unknown) => error as Error,
  )

test.for<[text: string, value: unknown, names: Record<string, unknown>]>([
  ['1 + 1', 2, {}],
  ['"use strict"; 3', 3, {}],
  ["'a text'", 'a text', {}],
  ['const a = 1, b = a + 1; b', 2, { a: 1, b: 2 }],
  ['let a = 1\na', 1, { a: 1 }],
  ['let a\n;(5)', 5, { a: undefined }],
  ['let a\n(5)\n1', 1, { a: undefined }],
  ['var a = 1;', undefined, { a: 1 }],
  ['var a; a', undefined, { a: undefined }],
  ['a = b = 2', 2, { a: 2, b: 2 }],
  [
    'const { a, b: { c = 3, ...rest }, ...others } = { a: 1, b: { d: 2 }, e: 4 }; c',
    3,
    { a: 1, c: 3, rest: { d: 2 }, others: { e: 4 } },
  ],
  ['let [a, , b = 7] = [1, 2]; b', 7, { a: 1, b: 7 }],
  ['[a, b] = [1, 2]; ({ c } = { c: 3 })', { c: 3 }, { a: 1, b: 2, c: 3 }],
  ['let sum = 0\nfor (let i = 0; i < 4; i += 1) sum += i\nsum', 6, { sum: 6 }],
  ['for (var i = 0, j = 3; i < j; i += 1);\ni', 3, { i: 3, j: 3 }],
  ['for (var [k, v] of [[1, 2]]) { var last = k + v }\nlast', 3, { k: 1, v: 2, last: 3 }],
  ['for (var key in { x: 1 });\nkey', 'x', { key: 'x' }],
  ['for (letter of "ab") typeof letter\nletter', 'b', { letter: 'b' }],
  ['{ let inner = 1; const other = 2 }\ntypeof inner', 'undefined', {}],
  ['if (true) var a = 1\nelse var b = 2\na', 1, { a: 1, b: undefined }],
  ['await Promise.resolve(3)', 3, {}],
  ['Promise.resolve(4)', 4, {}],
  ['const a = await 5\nfor await (const x of [a]) { got = x }\ngot', 5, { a: 5, got: 5 }],
  ['if (typeof cache === "undefined") cache = { hits: 0 }\ncache.hits', 0, { cache: { hits: 0 } }],
  ['typeof missing', 'undefined', {}],
  ['(1, 2)', 2, {}],
  ['(function () {}).name // nothing\n', '', {}],
  ['() => 1', undefined, {}],
  [
    'class A {}function f() { return a }class B {}const a = 1;async function g() {}f()',
    1,
    { a: 1, A: expect.any(Function), B: expect.any(Function), f: expect.any(Function), g: expect.any(Function) },
  ],
  ['Symbol.iterator', undefined, {}],
  ['const url = import.meta.url; url', 'yardmaster:execute', { url: 'yardmaster:execute' }],
  ['(await import("node:path")).basename("/a/b")', 'b', {}],
  [
    'import path, { basename as base } from "node:path"\nimport * as all from "node:path"\n;[base("/a/b"), path.sep === all.sep].join()',
    'b,true',
    { path: expect.anything(), base: expect.anything(), all: expect.anything() },
  ],
  ['export const a = 1\nconst b = 2\nexport { b }\nexport default 5', undefined, { a: 1, b: 2 }],
  ['export default function named() { return 1 }\nnamed()', 1, { named: expect.any(Function) }],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
  ['`${a = 1};`', '1;', { a: 1 }],
  ['eval("1 + 2")', 3, {}],
])('%s', async ([text, value, names]) => {
  expect(await execute(text)).toEqual(value)
  expect({ ...namespace }).toEqual(names)
  expect(Object.keys(namespace).filter((name) => name in globalThis)).toEqual([])
})

test('functions are there before their line, see each other and what comes later', async () => {
  expect(
    await execute(
      'const value = twice(later())\nfunction later() { return 4 }\nfunction twice(x) { return x * factor() }\nfunction factor() { return 2 }\nvalue',
    ),
  ).toBe(8)
  await execute(
    'async function waits() { await null; return pushed }\nfunction* counts() { yield pushed }\nclass Point { x = pushed }',
  )
  within(() => namespaceFunctions.push({ pushed: 7, factor: () => 3 }))
  expect(await execute('[await waits(), ...counts(), new Point().x, twice(1)]')).toEqual([7, 7, 7, 3])
  expect(await execute('[later.name, waits.name, Point.name]')).toEqual(['later', 'waits', 'Point'])
  expect(await execute('function fact(n) { return n < 2 ? 1 : n * fact(n - 1) }\nfact(5)')).toBe(120)
})

test('names come from the namespace before globals, and can be defined anew', async () => {
  expect(await execute('const name = 1; const console = "mine"; [name, console]')).toEqual([1, 'mine'])
  expect(await execute('const name = 2; name')).toBe(2)
  expect(await execute('name += 1; name++; [name, console]')).toEqual([4, 'mine'])
  expect(await execute('delete name; typeof name')).toBe('undefined')
  expect(await execute('const most = Math.max(1, 2)\nMath = "mine"\n;[most, Math]')).toEqual([2, 'mine'])
  within(() => namespaceFunctions.clear())
  expect(await execute('typeof console.log')).toBe('function')
  expect(Object.keys(namespace)).toEqual([])
})

test('a name that is missing is a ReferenceError, also before its line', async () => {
  for (const text of [
    'missing',
    'missing + 1',
    'missing()',
    'late; const late = 1',
    'count += 1',
    '"use strict"; undeclared = 1',
  ]) {
    const error = await failure(text)
    expect(error, text).toBeInstanceOf(ReferenceError)
    expect(error?.message).toMatch(/^\w+ is not defined$/)
  }
  expect(Object.keys(namespace)).toEqual([])
})

test('a text that is strict stays so', async () => {
  expect(await execute('"use strict"\nfunction self() { return typeof this }\nself.call(1)')).toBe('number')
  expect(await execute('function sloppy() { return typeof this }\nsloppy.call(1)')).toBe('object')
})

test('errors show the line of the text', async () => {
  const lines = (error: Error | undefined) =>
    [...(error?.stack ?? '').matchAll(/yardmaster:execute:(\d+):(\d+)/g)].map((m) => Number(m[1]))
  expect(lines(await failure('const a = 1\n\nthrow new Error("no")'))).toEqual([3])
  expect(
    lines(await failure('import "node:fs"\nf()\nfunction f() {\n  g()\n}\nfunction g() { throw new Error("no") }')),
  ).toEqual([6, 4, 2])
  const error = await failure('const f = () => { throw new Error("no") }; f()')
  expect(error?.stack).toContain('yardmaster:execute:1:25')
})

test('what does not parse is told with its place', () => {
  const attempt = (text: string) => () => sourceProgram(text, 'script.js', '')
  expect(attempt('const a = 1\n  1 +')).toThrow(SourceError)
  expect(attempt('const a = 1\nlet 5')).toThrow('script.js:2:5: Unexpected token')
  expect(attempt('let a; let a')).toThrow("'a' has already been declared")
})

test('imports are relative to the file, and must exist', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-source-'))
  try {
    writeFileSync(join(folder, 'lib.mjs'), 'export const five = 5; export default "whole"')
    const file = pathToFileURL(join(folder, 'main.js')).href
    const text =
      'import whole, { five } from "./lib.mjs"\nconst again = (await import("./lib.mjs")).five\n;[whole, five, again, import.meta.url]'
    expect(await execute(text, file, file)).toEqual(['whole', 5, 5, file])
    // The folder of a client on another machine: packages are those of the engine.
    expect(await execute('typeof (await import("acorn")).parse', 'execute', 'file:///not/here/')).toBe('function')
    await expect(execute('import { six } from "./lib.mjs"', file, file)).rejects.toThrow("has no export 'six'")
    await expect(execute('import "./nowhere.mjs"', file, file)).rejects.toMatchObject({ code: 'YM_MODULE' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
