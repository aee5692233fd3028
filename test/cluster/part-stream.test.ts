import { expect, test } from 'vitest'
import { PartStream } from '../../cluster/executors/part-stream.ts'
import { type Capacity, noLimit } from '../../core/capacity.ts'
import { decodeValue, encodeValue, type Payload } from '../../core/payload.ts'
import type { Pull, StreamEnd } from '../../core/stream-messages.ts'
import { everything, wholeBytesMax, windowBytes, windowParts } from '../../core/stream-window.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function setUp(generator: Generator | AsyncGenerator) {
  const said: { from: number; values: unknown[] }[] = []
  const host = {
    isOver: false,
    say: (from: number, values: Payload[]) => said.push({ from, values: values.map((value) => decodeValue(value)) }),
    encode: (value: unknown) => encodeValue(value),
  }
  const stream = new PartStream(host)
  const run = stream.run(generator).then(
    () => 'ended',
    (error: Error) => error.message,
  )
  return {
    host,
    stream,
    run,
    said,
    parts: () => said.flatMap(({ from, values }) => values.map((_, i) => from + i)),
    async pull(credit: Omit<Pull, 'id'>) {
      said.length = 0
      stream.pull(credit)
      for (let i = 0; i < 4; i += 1) await turn()
    },
  }
}

/** Numbers, as a list that shows how far it has been taken. */
function counting(n = Number.POSITIVE_INFINITY, of: (i: number) => unknown = (i) => i) {
  const state = { taken: 0, isLeft: false }
  function* generate() {
    try {
      for (let i = 0; i < n; i += 1) {
        state.taken += 1
        yield of(i)
      }
    } finally {
      state.isLeft = true
    }
  }
  return { state, generator: generate() }
}

const lastOf = ({ last }: StreamEnd) => (last ? decodeValue(last) : undefined)

test('runs one window ahead of its reader, and what is quick leaves together', async () => {
  const { generator, state } = counting()
  const { parts, said, pull } = setUp(generator)
  // It takes turns when it was held up.
  for (let i = 0; i < 20; i += 1) await turn()
  expect(state.taken).toBe(windowParts)
  expect(said.length).toBeLessThan(windowParts / 4)
  expect(parts()).toEqual(range(0, windowParts))
  await pull({ heard: windowParts, upTo: windowParts + 10 })
  expect(state.taken).toBe(windowParts + 10)
  expect(parts()).toEqual(range(windowParts, windowParts + 10))
  // An earlier word that comes late takes nothing back.
  await pull({ heard: 1, upTo: windowParts })
  expect([state.taken, parts()]).toEqual([windowParts + 10, []])
})

test('large parts fill the window by their bytes; one goes even beyond', async () => {
  const large = 'x'.repeat(windowBytes / 4)
  const { generator, state } = counting(undefined, (i) => (i < 6 ? large : large.repeat(8)))
  const { pull } = setUp(generator)
  for (let i = 0; i < 4; i += 1) await turn()
  expect(state.taken).toBe(4)
  await pull({ heard: 4, upTo: 4 + windowParts })
  expect(state.taken).toBe(7)
  await pull({ heard: 7, upTo: 7 + windowParts })
  expect(state.taken).toBe(8)
  await pull({ heard: 7, upTo: 7 + windowParts })
  expect(state.taken).toBe(8)
})

test('what was not confirmed is sent once more when that is asked, and nothing else', async () => {
  const { generator } = counting()
  const { parts, pull } = setUp(generator)
  await turn()
  await turn()
  await pull({ heard: 40, upTo: windowParts, again: true })
  expect(parts()).toEqual(range(40, windowParts))
  await pull({ heard: 40, upTo: windowParts })
  expect(parts()).toEqual([])
})

test('a further attempt does not send what was heard of an earlier one', async () => {
  const { generator, state } = counting()
  const { parts, pull } = setUp(generator)
  await turn()
  await turn()
  await pull({ heard: 500, upTo: 510 })
  expect(state.taken).toBe(510)
  expect(parts()).toEqual(range(500, 510))
})

test('it ends with all that it yielded, or, beyond a bound, with what was not confirmed', async () => {
  const few = counting(100)
  const first = setUp(few.generator)
  await turn()
  await first.pull({ heard: 64, upTo: 200 })
  expect(await first.run).toBe('ended')
  const end = first.stream.end([], noLimit)
  expect([end.parts, lastOf(end)]).toEqual([100, range(0, 100)])

  const many = counting(100, () => 'x'.repeat(wholeBytesMax / 50))
  const second = setUp(many.generator)
  await turn()
  for (const heard of [40, 90]) await second.pull({ heard, upTo: heard + windowParts })
  expect(await second.run).toBe('ended')
  const cut = second.stream.end([], noLimit)
  expect([cut.parts, (lastOf(cut) as unknown[]).length]).toEqual([100, 10])
})

test('what has not been sent at the end travels with it, or alone where that would be too large', async () => {
  const capacity: Capacity = { shared: true, bytesMax: 1_000, batchBytesMax: 1_000 }
  for (const bytes of [10, 600]) {
    const { generator } = counting(3, () => 'x'.repeat(bytes))
    const { run, said, stream } = setUp(generator)
    await run
    const { parts, last } = stream.end([], capacity)
    await turn()
    expect([parts, last !== undefined, said.length]).toEqual(bytes === 10 ? [3, true, 0] : [3, false, 1])
  }
})

test('a generator is left when its task is over, even while it waits for its reader', async () => {
  const { generator, state } = counting()
  const { host, stream, run } = setUp(generator)
  await turn()
  await turn()
  host.isOver = true
  stream.wake()
  expect(await run).toBe('the task is over')
  expect(state.isLeft).toBe(true)
})

test('where nobody will read, it goes on as long as the whole can be kept', async () => {
  const { generator, state } = counting(1_000)
  const short = setUp(generator)
  await turn()
  await short.pull({ heard: everything, upTo: everything })
  expect(await short.run).toBe('ended')
  expect([state.taken, short.parts()]).toEqual([1_000, []])
  expect(lastOf(short.stream.end([], noLimit))).toEqual(range(0, 1_000))
  const endless = setUp(counting().generator)
  await turn()
  await endless.pull({ heard: everything, upTo: everything })
  expect(await endless.run).toMatch(/^nobody reads/)
})

test('a generator without a pause leaves turns to others', async () => {
  const { generator } = counting()
  const { pull, host, stream, run } = setUp(generator)
  await turn()
  // It may go on for ever, sends nothing that is kept, and yet this test goes on as well.
  await pull({ heard: everything - 1, upTo: everything })
  host.isOver = true
  stream.wake()
  expect(await run).toBe('the task is over')
})

test('buffers can be used again once they were yielded', async () => {
  const bytes = new Uint8Array(10_000)
  const { generator } = counting(5, (i) => bytes.fill(i))
  const { run, stream } = setUp(generator)
  await run
  const last = lastOf(stream.end([], noLimit)) as Uint8Array[]
  expect(last.map((part) => part[9_999])).toEqual([0, 1, 2, 3, 4])
})
