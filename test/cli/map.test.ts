import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ended, family, gone, lines, said, Yardmaster } from './yardmaster.ts'

const tasks = 'programs/tasks.js'
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
const input = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')

let yardmaster: Yardmaster
beforeAll(() => {
  yardmaster = new Yardmaster()
})
afterAll(() => yardmaster[Symbol.dispose]())

describe('results', () => {
  test('stand in the order of the items, with no cluster running and none left behind', async () => {
    const { code, stdout, stderr } = await yardmaster.run(['map', tasks, '-n', '2'], input(numbers(1_000)))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(lines(stdout)).toEqual(numbers(1_000).map((x) => x * x))
    expect(yardmaster.files).toEqual([])
  })

  test('stand in order although later ones are ready sooner', async () => {
    const { stdout } = await yardmaster.run(['map', `${tasks}#later`, '-n', '2', '--chunk', '1'], input(numbers(8)))
    expect(lines(stdout)).toEqual(numbers(8))
  })

  test('come with their index when unordered', async () => {
    const { code, stdout } = await yardmaster.run(['map', tasks, '--unordered', '--chunk', '7'], input(numbers(100)))
    expect(code).toBe(0)
    const found = lines(stdout) as { index: number; value: number }[]
    found.sort((a, b) => a.index - b.index)
    expect(found).toEqual(numbers(100).map((x, index) => ({ index, value: x * x })))
  })

  test('become the nearest that JSON has; a cycle is a failure of its item', async () => {
    const kinds = ['nothing', 'big', 'map', 'bytes', 'cycle']
    const { code, stdout, stderr } = await yardmaster.run(['map', `${tasks}#odd`], kinds.join('\n'))
    expect(lines(stdout).slice(0, 4)).toEqual([null, '18446744073709551616', [[1, 2]], [1, 2]])
    expect(lines(stdout)[4]).toMatchObject({ error: { name: 'TypeError' } })
    expect(stderr).toMatch(/^line 5: TypeError: its result is not JSON/)
    expect(code).toBe(1)
  })
})

describe('items', () => {
  test('are plain lines where the first is not JSON, blank ones included', async () => {
    const { stdout } = await yardmaster.run(['map', `${tasks}#echo`], 'one\r\n\n2\n\nlast')
    expect(lines(stdout)).toEqual(['one', '', '2', '', 'last'])
  })

  test('are what --input says', async () => {
    const { stdout } = await yardmaster.run(['map', `${tasks}#echo`, '--input', 'text'], '1\n{}\n')
    expect(lines(stdout)).toEqual(['1', '{}'])
  })

  test('come from a file', async () => {
    const file = join(yardmaster.directory, 'items.jsonl')
    writeFileSync(file, input(numbers(5)))
    const { stdout } = await yardmaster.run(['map', tasks, '--file', file])
    expect(lines(stdout)).toEqual([1, 4, 9, 16, 25])
  })

  test('that are not JSON among those that are fail alone, and are told by their line', async () => {
    const { code, stdout, stderr } = await yardmaster.run(['map', tasks], '2\n\nno\n3\n')
    expect(lines(stdout)).toEqual([4, { error: { name: 'SyntaxError', message: expect.any(String) } }, 9])
    expect(stderr).toMatch(/^line 3: SyntaxError: not JSON/)
    expect(code).toBe(1)
  })

  test('none: nothing to do, and nothing wrong', async () => {
    expect(await yardmaster.run(['map', tasks])).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('failures', () => {
  test('leave the other results, name line, error and engine, and make the exit code 1', async () => {
    const { code, stdout, stderr } = await yardmaster.run(['map', `${tasks}#notThrees`, '-n', '1'], input(numbers(7)))
    const threes = (x: number) => ({ error: { name: 'RangeError', message: `${x} is a multiple of three` } })
    expect(lines(stdout)).toEqual([1, 2, threes(3), 4, 5, threes(6), 7])
    expect(stderr).toBe(
      'line 3: RangeError: 3 is a multiple of three (engine 0)\nline 6: RangeError: 6 is a multiple of three (engine 0)\n',
    )
    expect(code).toBe(1)
  })

  test('beyond twenty are counted', async () => {
    const { stderr } = await yardmaster.run(['map', `${tasks}#notThrees`], input(Array(30).fill(3)))
    expect(stderr.trim().split('\n')).toHaveLength(21)
    expect(stderr).toContain('and 10 more')
  })
})

describe('modules', () => {
  test('may be TypeScript', async () => {
    const { code, stdout, stderr } = await yardmaster.run(['map', 'programs/words.ts'], 'one two\nthree\n')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '2\n1\n', stderr: '' })
  })

  test('that do not exist are told at once, with what may have been meant', async () => {
    const { code, stdout, stderr } = await yardmaster.run(['map', 'programs/tasks.ts'], '1')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /^yardmaster: there is no module .*tasks\.ts\. Did you mean programs\/tasks\.js\? \[YM_MODULE\]\n$/,
    )
  })

  test.for(['missing', 'version'])('without a function %s tell which they have', async (name) => {
    const { code, stdout, stderr } = await yardmaster.run(['map', `${tasks}#${name}`], input(numbers(100)))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^yardmaster: .*default, echo, later, notThrees, odd, sleep.* \[YM_MODULE\]\n$/)
  })
})

describe('ends', () => {
  test.for(['thread', 'process'])('quietly when nobody reads any more (%s engines)', async (kind) => {
    const child = yardmaster.spawn(['map', tasks, '--engine-kind', kind, '-n', '2'])
    child.stdin.on('error', () => {})
    const feed = setInterval(() => child.stdin.write(input(numbers(1_000))), 1)
    const members = said(child.stdout, /\n/).then(() => {
      const found = family(child.pid as number)
      child.stdout.destroy()
      return found
    })
    const { code, stderr } = await ended(child)
    clearInterval(feed)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    await gone(await members)
  })

  test.for(['thread', 'process'])('at Ctrl-C, with nothing left behind (%s engines)', async (kind) => {
    const child = yardmaster.spawn(['map', `${tasks}#sleep`, '--engine-kind', kind, '-n', '2', '--chunk', '1'])
    child.stdin.write('1\n600000\n600000\n600000\n')
    await said(child.stdout, /1\n/)
    const members = family(child.pid as number)
    expect(members.length).toBeGreaterThanOrEqual(kind === 'process' ? 3 : 1)
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended(child)
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: '', stderr: '' })
    await gone(members)
    expect(yardmaster.files.filter((file) => file !== 'items.jsonl')).toEqual([])
  })
})
