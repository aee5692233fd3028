import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { TaskId } from '../../core/ids.ts'
import { CompositeError } from '../../views/composite-error.ts'
import { RemoteError } from '../../views/remote-error.ts'
import { sourceFrames } from '../../views/source-lines.ts'

const origin = { taskId: 's.7' as TaskId, engineId: 3, attempt: 2 }

function remote(thrown: Error): RemoteError {
  const { name, message, stack = '' } = thrown
  return new RemoteError({ name, message, stack, thrown }, origin)
}

const composite = (messages: readonly string[], total?: number) =>
  new CompositeError(
    messages.map((message, i) => ({ error: remote(new RangeError(message)), place: `item ${i}` })),
    total,
  )

test('a remote error shows the frames of the task, which task it was, and its cause once', () => {
  const inner = new TypeError('inner')
  inner.stack = 'TypeError: inner\n    at work (file:///user/work.ts:1:2)'
  const thrown = Object.assign(new RangeError('outer\nof two lines', { cause: inner }), { status: 404 })
  thrown.stack = [
    'RangeError: outer',
    'of two lines',
    '    at work (file:///user/./work.ts:8:7)',
    '    at callFunction (file:///x/node_modules/yardmaster/dist/cluster/executors/call-function.js:8:23)',
    '    at enterTask (file:///x/node_modules/yardmaster/dist/cluster/task-context.js:38:12)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
  ].join('\n')
  const error = new RemoteError(
    { name: 'RangeError', message: thrown.message, stack: thrown.stack, thrown },
    { ...origin, label: 'sweep' },
  )
  expect(error.stack?.split('\n')).toEqual([
    'RemoteError: engine 3: RangeError: outer',
    'of two lines',
    '    at work (file:///user/work.ts:8:7)',
    "    at task s.7 'sweep' (attempt 2, engine 3)",
  ])
  const shown = inspect(error)
  expect(shown.match(/outer/g)).toHaveLength(1)
  expect(shown).toContain('status: 404')
  expect(shown).toMatch(/cause: TypeError: inner\n +at work \(file:\/\/\/user\/work\.ts:1:2\)/)
  expect(shown).not.toContain('call-function')
  expect(error.remoteStack).toBe(thrown.stack)
})

test('of an AggregateError all errors are shown, and a cause that is no error as it is', () => {
  const all = new AggregateError([new Error('one'), new TypeError('two')], 'both')
  expect(inspect(remote(all))).toMatch(/errors: \[[\s\S]*Error: one[\s\S]*TypeError: two/)
  expect(inspect(remote(new Error('why', { cause: { code: 7 } })))).toContain('cause: { code: 7 }')
  const plain = new RemoteError({ name: 'Thrown', message: '5', stack: '', thrown: 5 }, origin)
  expect(inspect(plain)).toMatch(/^RemoteError: engine 3: Thrown: 5\n {4}at task s\.7 \(attempt 2, engine 3\) 5$/)
})

test('a composite error counts, and shows the first few', () => {
  const error = composite(
    Array.from({ length: 9 }, (_, i) => `m${i}`),
    1_000,
  )
  expect(error.message.split('\n')).toEqual([
    '9 of 1000 failed: 9 RangeError',
    ...[0, 1, 2, 3, 4].map((i) => `  item ${i}, engine 3: RangeError: m${i}`),
    '  and 4 more, in its `errors`',
  ])
  expect(error.errors).toHaveLength(9)
  expect(error.cause).toBe(error.errors[0])
})

test('hundreds with long messages of many lines stay readable', () => {
  const error = composite(Array.from({ length: 700 }, () => `${'x'.repeat(10_000)}\n`.repeat(20)))
  expect(error.message.split('\n')).toHaveLength(7)
  expect(error.message.length).toBeLessThan(1_500)
  expect(inspect(error).length).toBeLessThan(3_000)
})

test('kinds are counted by what was thrown, the most frequent first', () => {
  const thrown = [new TypeError('a'), new RangeError('b'), new RangeError('c')]
  expect(new CompositeError(thrown.map((one) => ({ error: remote(one) }))).message).toMatch(
    /^3 failed: 2 RangeError, 1 TypeError\n {2}engine 3: TypeError: a\n/,
  )
  const kinds = Array.from({ length: 8 }, (_, i) => ({
    error: new RemoteError({ name: `E${i}`, message: '', stack: '' }, origin),
  }))
  expect(new CompositeError(kinds).message).toMatch(/^8 failed: 1 E0, 1 E1, 1 E2, 1 E3, 1 E4, …\n/)
})

test('frames without a map, of a file that is not here, or with a broken map stay as they are', ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-errors-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const saved = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return pathToFileURL(join(folder, name)).href
  }
  const source = 'export const f = () => 1\n'
  const map = '{"version":3,"sources":["f.ts"],"names":[],"mappings":"AAAA"}'
  const mappedTo = (reference: string) => `${source}//# sourceMappingURL=${reference}\n`
  saved('broken.js.map', map.slice(1))
  const frames = [
    `    at f (${saved('plain.js', source)}:1:2)`,
    `    at f (${saved('broken.js', mappedTo('broken.js.map'))}:1:2)`,
    `    at f (${saved('lost.js', mappedTo('lost.js.map'))}:1:2)`,
    '    at f (file:///not/here.js:1:2)',
    '    at /not/here/either.js:3:4',
    '    at async Promise.all (index 0)',
    '    at eval (eval at g (file:///not/here.js:1:1), <anonymous>:1:1)',
    '    at new Thing (C:\\not\\here.js:1:2)',
  ]
  expect(sourceFrames(`Error: x\n${frames.join('\n')}`)).toEqual(frames)
  // The same map, whole.
  const good = saved('good.js', mappedTo(`data:application/json,${map}`))
  expect(sourceFrames(`    at f (${good}:1:2)`)).toEqual([`    at f (${pathToFileURL(join(folder, 'f.ts')).href}:1:1)`])
})
