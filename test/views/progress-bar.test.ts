import { PassThrough } from 'node:stream'
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
