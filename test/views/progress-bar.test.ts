import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { answer, FakeController, failure, idOf } from './fake-controller.ts'

const double = (x: number) => x * 2

async function shown(isTTY: boolean) {
  const controller = new FakeController()
  const view = (await controller.connect()).loadBalancedView()
  const stream = Object.assign(new PassThrough(), { isTTY })
  const written: string[] = []
  stream.on('data', (data: Buffer) => written.push(data.toString()))
  return { controller, view, stream, text: () => written.join('') }
}

test('elsewhere than on a terminal: a line for each state', async () => {
  const { controller, view, stream, text } = await shown(false)
  const result = view.with({ chunk: 1 }).map(double, [1, 2])
  const done = result.interactive({ stream, label: 'fit' })
  await controller.submitted(2)
  for (const index of [0, 1]) controller.reply(answer(controller.task(index), double))
  await done
  expect(text().replace(/after \d+\.\d s/g, '')).toBe('fit: pending, 0/2 \nfit: running, 1/2 \nfit: succeeded, 2/2 \n')
})

test('it does not reject', async () => {
  const { controller, view, stream, text } = await shown(false)
  const result = view.apply(double, 1)
  const done = result.interactive({ stream })
  await controller.submitted(1)
  controller.reply(failure(idOf(result), new Error('no')))
  await done
  expect(text()).toMatch(/tasks: failed, 1\/1/)
})

test('on a terminal: a bar that ends full', async () => {
  const { controller, view, stream, text } = await shown(true)
  const result = view.with({ chunk: 1 }).map(double, [1, 2])
  const done = result.interactive({ stream, label: 'fit' })
  await controller.submitted(2)
  for (const index of [0, 1]) controller.reply(answer(controller.task(index), double))
  await done
  expect(text()).toContain('fit [')
  expect(text()).toContain('2/2')
  // It gives the cursor back, which is the last thing it does.
  expect(text()).toContain('\x1B[?25h')
})

/** What a terminal shows at the end. */
function lastOf(text: string, label: string): string {
  const plain = stripVTControlCharacters(text)
  return plain.slice(plain.lastIndexOf(`${label} [`))
}

test('on a terminal: share, rate, time and failures, in red where there are colours', async () => {
  const { controller, view, stream, text } = await shown(true)
  const result = view.with({ chunk: 1 }).map(double, [1, 2, 3])
  const done = result.interactive({ stream: Object.assign(stream, { hasColors: () => true }), label: 'fit' })
  await controller.submitted(3)
  for (const index of [0, 1]) controller.reply(answer(controller.task(index), double))
  controller.reply(failure(controller.task(2).id, new Error('no')))
  await done
  expect(lastOf(text(), 'fit')).toMatch(/^fit \[█+\] 100% 3\/3 \| [\d,.]+\/s \| 0s \| 1 failed \| failed/)
  expect(text()).toContain('\u001B[31m | 1 failed\u001B[39m')
})

test('an empty map, and an input of unknown length', async () => {
  const empty = await shown(true)
  await empty.view.map(double, []).interactive({ stream: empty.stream })
  expect(lastOf(empty.text(), 'tasks')).toMatch(/^tasks \[█+\] 0\/0 \|/)
  const { controller, view, stream, text } = await shown(true)
  async function* endless() {
    yield 1
    await new Promise(() => {})
  }
  const result = view.with({ chunk: 1 }).map(double, endless())
  const done = result.interactive({ stream })
  await controller.submitted(1)
  controller.reply(answer(controller.task(0), double))
  result.abort()
  await done
  expect(text()).toContain('/?')
})

test('a narrow terminal gets a narrow bar', async () => {
  const { controller, view, stream, text } = await shown(true)
  const result = view.apply(double, 1)
  const done = result.interactive({ stream: Object.assign(stream, { columns: 40 }) })
  await controller.submitted(1)
  controller.reply(answer(controller.task(0), double))
  await done
  expect(text()).toMatch(/tasks \[.{5}\]/)
})

test('it leaves no listener behind, and several at a time neither', async () => {
  const before = process.listenerCount('SIGINT')
  const { controller, view, stream } = await shown(true)
  const results = [view.apply(double, 1), view.apply(double, 2)]
  const all = results.map((result) => result.interactive({ stream }))
  await controller.submitted(2)
  for (const index of [0, 1]) controller.reply(answer(controller.task(index), double))
  await Promise.all(all)
  expect(process.listenerCount('SIGINT')).toBe(before)
})
