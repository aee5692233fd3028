import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { family, gone, here, lines, Yardmaster } from './yardmaster.ts'

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

test.skipIf(!existsSync('/dev/full'))('results that cannot be written are told (where /dev/full is)', async () => {
  const { code, stderr } = await yardmaster.shell(`echo 3 | yardmaster map ${tasks} > /dev/full`)
  expect(stderr).toMatch(/^yardmaster: the results cannot be written: ENOSPC.*\[YM_CONFIGURATION\]\n$/)
  expect(code).toBe(2)
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
    const file = join(yardmaster.folder, 'items.jsonl')
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

  test('that cannot be read are no work', async () => {
    for (const file of [here, join(here, 'missing.jsonl')]) {
      const { code, stdout, stderr } = await yardmaster.run(['map', tasks, '--file', file])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^yardmaster: the input cannot be read: E[A-Z]+: .*\[YM_CONFIGURATION\]\n$/)
    }
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

describe('retries', () => {
  test('give a failed item further attempts', async () => {
    const { code, stdout } = await yardmaster.run(['map', `${tasks}#atSecond`, '-n', '1', '--retries', '1'], '7\n')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '7\n' })
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
    expect(stderr).toMatch(/^yardmaster: .*atSecond, default, echo, later, notThrees, odd, sleep.* \[YM_MODULE\]\n$/)
  })
})

// util-linux has it; others of that name take other options.
const hasPty = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true

describe.skipIf(!hasPty)('on a terminal (skipped where the `script` of util-linux is missing)', () => {
  const onTerminal = (command: string) => yardmaster.shell(`script -qec "${command}" /dev/null`)

  test('progress is shown while results go elsewhere, and keeps out of the way of what is said', async () => {
    const [items, results] = [join(yardmaster.folder, 'numbers.jsonl'), join(yardmaster.folder, 'results.jsonl')]
    writeFileSync(items, input(numbers(7)))
    const { stdout } = await onTerminal(`yardmaster map ${tasks}#notThrees -n 1 --file ${items} > ${results}`)
    expect(stdout).toContain('7/7 items')
    expect(stdout).toContain('2 failed')
    expect(stdout).toContain('\r\u001b[Kline 3: RangeError: 3 is a multiple of three (engine 0)\r\n')
    expect(lines(readFileSync(results, 'utf8'))).toHaveLength(7)
  })

  test('results are not mixed with progress', async () => {
    const { stdout } = await onTerminal(`echo 3 | yardmaster map ${tasks}`)
    expect(stdout).toBe('9\r\n')
  })

  test('whoever is asked for items is told so', async () => {
    const { stdout } = await onTerminal(`yardmaster map ${tasks}`)
    expect(stdout).toContain('reading items from the terminal, one a line; Ctrl-D ends\r\n')
  })
})

describe('ends', () => {
  test('quietly when nobody reads any more', async () => {
    const piped = await yardmaster.shell(
      `seq 1000000 | { yardmaster map ${tasks} -n 2; echo "code $?" >&2; } | head -n 1`,
    )
    expect(piped).toEqual({ code: 0, stdout: '1\n', stderr: 'code 0\n' })
  })

  test('with its engines when nobody reads any more', async () => {
    const map = yardmaster.spawn(['map', tasks, '--engine-kind', 'process', '-n', '2'])
    const feed = setInterval(() => map.stdin.write(input(numbers(1_000))), 1)
    try {
      await map.says(/\n/)
      const members = family(map.pid)
      expect(members).toHaveLength(3)
      map.closeOutput()
      expect(await map.over).toMatchObject({ code: 0, stderr: '' })
      await gone(members)
    } finally {
      clearInterval(feed)
      map.kill('SIGKILL')
    }
  })

  test.for(['thread', 'process'])('at Ctrl-C, with nothing left behind (%s engines)', async (kind) => {
    const map = yardmaster.spawn(['map', `${tasks}#sleep`, '--engine-kind', kind, '-n', '2', '--chunk', '1'])
    map.stdin.write('1\n600000\n600000\n600000\n')
    await map.says(/1\n/)
    const members = family(map.pid)
    expect(members).toHaveLength(kind === 'process' ? 3 : 1)
    map.kill('SIGINT')
    expect(await map.over).toEqual({ code: 130, stdout: '1\n', stderr: '' })
    await gone(members)
    expect(yardmaster.files).toEqual([])
  })
})
