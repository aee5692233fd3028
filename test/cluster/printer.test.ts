/** What tasks print, from the stream's `write` to the pieces that leave the executor. */
import { expect, it, vi } from 'vitest'
import { captureOutput, type OutputTaker } from '../../cluster/executors/capture-output.ts'
import { Printer } from '../../cluster/executors/printer.ts'
import { enterTask, type TaskContext } from '../../cluster/task-context.ts'
import type { TaskId } from '../../core/ids.ts'
import { outputCharsMax, outputPiecesMax, pieceCharsMax } from '../../core/output-bounds.ts'
import type { OutputNews } from '../../core/task-news.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

function taskOf(id: string): TaskContext {
  const { signal } = new AbortController()
  return { id: id as TaskId, attempt: 1, engineId: 0, signal, namespace: {}, progress() {}, emit() {} }
}

function setUp() {
  const clock = new VirtualClock()
  const batches: (readonly OutputNews[])[] = []
  const capacity = { shared: false, bytesMax: 10_000_000, batchBytesMax: 1_000_000 }
  const printer = new Printer({ clock, capacity, isRunning: () => true, send: (pieces) => batches.push(pieces) })
  const pieces = () => batches.flat()
  const text = (id: string, stream = 'stdout') =>
    pieces()
      .filter((piece) => piece.id === id && piece.stream === stream)
      .map((piece) => piece.text)
      .join('')
  return { clock, printer, batches, pieces, text }
}

it('the first word leaves at once, the next ones together 20 ms later, also without a turn of the event loop', () => {
  const { clock, printer, batches } = setUp()
  const task = taskOf('a')
  printer.take(task, 'stdout', 'one\n')
  expect(batches.map((batch) => batch.map(({ text }) => text))).toEqual([['one\n']])
  printer.take(task, 'stdout', 'two\n')
  printer.take(task, 'stdout', 'three\n')
  printer.take(task, 'stderr', 'oh\n')
  printer.take(task, 'stdout', 'four\n')
  expect(batches).toHaveLength(1)
  clock.advance(20)
  expect(batches[1]?.map(({ text, index }) => [index, text])).toEqual([
    [1, 'two\nthree\n'],
    [2, 'oh\n'],
    [3, 'four\n'],
  ])
  printer.take(task, 'stdout', 'five\n')
  printer.take(taskOf('b'), 'stdout', 'other\n')
  printer.flush()
  expect(batches[2]?.map(({ id, text, index }) => [id, index, text])).toEqual([
    ['a', 4, 'five\n'],
    ['b', 0, 'other\n'],
  ])
})

it('much leaves before its time, in pieces that fit into any message', () => {
  const { printer, batches, text, pieces } = setUp()
  const task = taskOf('a')
  printer.take(task, 'stdout', '.')
  printer.take(task, 'stdout', 'x'.repeat(100_000))
  expect(batches.length).toBeGreaterThan(1)
  printer.flush()
  expect(text('a').length).toBe(100_001)
  expect(Math.max(...pieces().map((piece) => piece.text.length))).toBe(pieceCharsMax)
  expect(pieces().map(({ index }) => index)).toEqual(pieces().map((_, i) => i))
})

it('characters may come in parts, in writes of bytes; what never becomes one is shown as such at the end', () => {
  const { printer, text } = setUp()
  const task = taskOf('a')
  const euro = Buffer.from('€')
  printer.take(task, 'stdout', euro.subarray(0, 1))
  printer.take(task, 'stderr', 'between')
  printer.take(task, 'stdout', new Uint8Array(euro.subarray(1)))
  printer.take(task, 'stdout', euro.subarray(0, 2))
  printer.finish(task)
  printer.flush()
  expect([text('a'), text('a', 'stderr')]).toEqual(['€\ufffd', 'between'])
})

it('no piece ends in the middle of a character', () => {
  const { printer, pieces, text } = setUp()
  const faces = `.${'😀'.repeat(50_000)}`
  printer.take(taskOf('a'), 'stdout', faces)
  printer.flush()
  expect(pieces().length).toBeGreaterThan(5)
  expect(pieces().filter((piece) => /^[\udc00-\udfff]|[\ud800-\udbff]$/.test(piece.text))).toEqual([])
  expect(text('a')).toBe(faces)
})

it('beyond the bound of a stream a marker says how much is missing, and the other stream goes on', () => {
  const { printer, text } = setUp()
  const task = taskOf('a')
  for (let i = 0; i < 300; i += 1) printer.take(task, 'stdout', 'x'.repeat(1_000))
  printer.take(task, 'stderr', 'still here')
  printer.finish(task)
  printer.flush()
  const kept = /^x+/.exec(text('a'))?.[0] ?? ''
  expect(kept.length).toBe(outputCharsMax)
  expect(text('a').slice(kept.length)).toBe(
    `\n[stdout: what follows is dropped, after ${outputCharsMax} characters]\n` +
      `[stdout: ${300_000 - outputCharsMax} more characters were dropped]\n`,
  )
  expect(text('a', 'stderr')).toBe('still here')
})

it('an attempt has a bounded number of pieces', () => {
  const { printer, pieces, text } = setUp()
  const task = taskOf('a')
  for (let i = 0; i < outputPiecesMax; i += 1) printer.take(task, i % 2 === 0 ? 'stdout' : 'stderr', 'x')
  printer.take(task, 'stdout', 'too many')
  printer.finish(task)
  printer.flush()
  expect(pieces().length).toBeLessThanOrEqual(outputPiecesMax + 4)
  expect(text('a')).toContain('[stdout: 8 more characters were dropped]')
})

function listener() {
  const heard: [string, string, string | number[]][] = []
  const taker: OutputTaker = {
    take(task, stream, printed) {
      heard.push([task.id, stream, typeof printed === 'string' ? printed : [...printed]])
      return true
    },
  }
  return { heard, taker }
}

it('what a task writes is taken, with its encoding, and the callback is called later; the rest goes where it went', async () => {
  const before = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const { heard, taker } = listener()
  const release = captureOutput(taker)
  try {
    process.stdout.write('by nobody\n')
    const order: string[] = []
    await enterTask(taskOf('a'), true, async () => {
      process.stdout.write('61', 'hex', () => order.push('called'))
      order.push('written')
      await null
      process.stdout.write(new Uint8Array([255]), () => order.push('called'))
      process.stdout.write('plain')
      await new Promise((resolve) => setImmediate(resolve))
    })
    expect(order).toEqual(['written', 'called', 'called'])
    expect(heard).toEqual([
      ['a', 'stdout', [97]],
      ['a', 'stdout', [255]],
      ['a', 'stdout', 'plain'],
    ])
    expect(before.mock.calls).toEqual([['by nobody\n']])
  } finally {
    release()
    before.mockRestore()
  }
})

it('what the stream would refuse, it refuses', () => {
  const release = captureOutput(listener().taker)
  try {
    enterTask(taskOf('a'), true, () => {
      expect(() => process.stdout.write(7 as never)).toThrow(/chunk/)
      expect(() => process.stdout.write('x', 'nonsense' as never)).toThrow(/encoding/i)
    })
  } finally {
    release()
  }
})

it('the streams are as before when the last one that captures has gone, but for who mocked them meanwhile', () => {
  const own = Object.getOwnPropertyDescriptor(process.stderr, 'write')
  const { heard, taker } = listener()
  const [first, second] = [captureOutput(taker), captureOutput(listener().taker)]
  first()
  expect(Object.getOwnPropertyDescriptor(process.stderr, 'write')).not.toEqual(own)
  const mock = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  second()
  process.stderr.write('to the mock')
  expect(mock.mock.calls).toEqual([['to the mock']])
  mock.mockRestore()
  // What is left passes everything on, and a new capture works on top of it.
  const third = captureOutput(taker)
  enterTask(taskOf('a'), true, () => process.stderr.write('heard'))
  third()
  expect(heard).toEqual([['a', 'stderr', 'heard']])
  if (own) Object.defineProperty(process.stderr, 'write', own)
  else Reflect.deleteProperty(process.stderr, 'write')
})
