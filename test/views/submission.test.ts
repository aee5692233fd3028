import { expect, test } from 'vitest'
import { ClosedError } from '../../core/errors.ts'
import type { FunctionHash, TaskId } from '../../core/ids.ts'
import type { Submission } from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import { TaskRecord } from '../../views/task-record.ts'
import { answer, engineInfo, FakeController, failure, success, turn } from './fake-controller.ts'

const double = (x: number) => x * 2

test('what one turn submits travels as one message, with its function once', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  const triple = (x: number) => x * 3
  for (let i = 0; i < 10; i += 1) view.apply(i % 2 === 0 ? double : triple, i)
  await controller.submitted(10)
  expect(controller.all('submit')).toHaveLength(1)
  expect(controller.all('submit')[0]?.functions.map(({ hash }) => hash)).toEqual([
    controller.task(0).function,
    controller.task(1).function,
  ])
  view.apply(double, 1)
  await controller.submitted(11)
  expect(controller.all('submit')[1]?.functions).toEqual([])
  expect(new Set(controller.submissions.map(({ id }) => id)).size).toBe(11)
})

test('a message has at most 1,000 tasks, and a full one leaves within the loop', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  for (let i = 0; i < 2_500; i += 1) view.apply(double, i)
  await controller.submitted(2_500)
  expect(controller.all('submit').map(({ tasks }) => tasks.length)).toEqual([1_000, 1_000, 500])
})

test('large arguments make messages of about a megabyte', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  for (let i = 0; i < 10; i += 1) view.apply((bytes: Uint8Array) => bytes.length, new Uint8Array(300_000))
  await controller.submitted(10)
  expect(controller.all('submit').map(({ tasks }) => tasks.length)).toEqual([4, 4, 2])
})

test('flags travel with the tasks', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  const before = view.apply(double, 1)
  view
    .with({ after: before, follow: [before, 'other.7'], targets: 1, retries: 2, queueTimeout: 5, runTimeout: 6 })
    .with({ priority: 3, label: 'fit', retryOnEngineLoss: false, onUnmet: 'wait' })
    .apply(double, 2)
  view.apply(double, 3)
  await controller.submitted(3)
  const [id] = before.ids
  const met = { all: true, success: true, failure: false }
  expect(controller.task(1)).toMatchObject({
    after: [{ ids: [id], ...met }],
    follow: [{ ids: [id, 'other.7'], ...met }],
    targets: [1],
    retries: 2,
    queueTimeoutMs: 5,
    runTimeoutMs: 6,
    priority: 3,
    label: 'fit',
    retryOnEngineLoss: false,
    onUnmet: 'wait',
  })
  expect(Object.keys(controller.task(2))).toEqual(['id', 'function', 'call', 'args'])
})

test('a full link holds everything back, in order, until it has room', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  if (controller.clientEnd) controller.clientEnd.isFull = true
  const first = view.apply(double, 1)
  await controller.submitted(1)
  const second = view.apply(double, 2)
  second.abort()
  view.apply(double, 3)
  await turn()
  await turn()
  expect(controller.submissions).toHaveLength(1)
  controller.clientEnd?.drain()
  await controller.submitted(3)
  expect(controller.received.map(({ type }) => type)).toEqual(['submit', 'submit', 'abort', 'submit'])
  controller.reply(...controller.submissions.map((task) => answer(task, double)))
  expect(await first).toBe(2)
})

test('what was held back leaves in messages of the usual size', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  if (controller.clientEnd) controller.clientEnd.isFull = true
  view.apply(double, 0)
  await controller.submitted(1)
  for (let i = 0; i < 1_500; i += 1) view.apply(double, i)
  for (let i = 0; i < 5; i += 1) view.apply((bytes: Uint8Array) => bytes.length, new Uint8Array(300_000))
  await turn()
  controller.clientEnd?.drain()
  await controller.submitted(1_506)
  expect(controller.all('submit').map(({ tasks }) => tasks.length)).toEqual([1, 1_000, 504, 1])
})

test('a task that has ended lets go of its arguments', () => {
  const owner = { taskBegun() {}, taskNews() {}, taskEnded() {}, takeAll() {} }
  const submission: Submission = {
    id: 'a.1' as TaskId,
    function: 'f' as FunctionHash,
    call: 'once',
    args: encodeValue([1]),
  }
  const ended = [1, 2].map(
    (size) =>
      new TaskRecord(submission.id, owner, size, submission, { hash: submission.function, payload: submission.args }),
  )
  ended[0]?.settle(success(submission.id, 1))
  ended[1]?.fail(new ClosedError('over'))
  for (const task of ended) expect([task.submission, task.shipped]).toEqual([undefined, undefined])
})

test('close sends first what was submitted, even through a full link, and maps whole', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const view = client.loadBalancedView()
  if (controller.clientEnd) controller.clientEnd.isFull = true
  view.apply(double, 1)
  await controller.submitted(1)
  const items = Array.from({ length: 100 }, (_, i) => i)
  const map = view.with({ chunk: 1 }).map(double, items)
  const closed = client.close()
  await turn()
  controller.clientEnd?.drain()
  await closed
  expect(controller.submissions).toHaveLength(101)
  expect(controller.received.at(-1)).toEqual({ type: 'goodbye' })
  await expect(map.get()).rejects.toMatchObject({ code: 'YM_CLOSED' })
  expect(() => view.apply(double, 1)).toThrow(expect.objectContaining({ code: 'YM_CLOSED' }))
})

test('200,000 calls in a loop all come back', async () => {
  const controller = new FakeController()
  controller.serve(double)
  const client = await controller.connect()
  const view = client.loadBalancedView()
  const results = Array.from({ length: 200_000 }, (_, i) => view.apply(double, i))
  let wrong = 0
  for (const [i, result] of results.entries()) if ((await result) !== i * 2) wrong += 1
  expect(wrong).toBe(0)
  expect(controller.all('submit')).toHaveLength(200)
  expect(await client.wait(undefined, 0)).toBe(true)
})

test('a broadcast is one message, with its arguments once, and each engine answers for itself', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const result = client.broadcastView().with({ label: 'all', returnExceptions: true }).apply(double, 21)
  await controller.until(() => controller.all('broadcast').length > 0)
  const [message] = controller.all('broadcast')
  expect(controller.received).toHaveLength(1)
  expect(message).toMatchObject({ tasks: result.ids, targets: [0, 1], label: 'all', functions: [{}] })
  const [first, second] = result.ids as [TaskId, TaskId]
  controller.reply(failure(second, new RangeError('too far')), success(first, 42))
  expect(await result).toMatchObject([42, { code: 'YM_REMOTE', message: expect.stringContaining('too far') }])
  client.broadcastView().apply(double, 1)
  await controller.until(() => controller.all('broadcast').length > 1)
  expect(controller.all('broadcast')[1]?.functions).toEqual([])
})

test('a broadcast to many engines travels in messages that a link carries, and leaves out what has ended', async () => {
  const controller = new FakeController()
  controller.engines = Array.from({ length: 2_500 }, (_, i) => engineInfo(i))
  const client = await controller.connect()
  if (controller.clientEnd) controller.clientEnd.isFull = true
  client.loadBalancedView().apply(double, 0)
  await controller.submitted(1)
  const result = client.broadcastView().with({ returnExceptions: true }).apply(double, 1)
  controller.reply(success(result.ids[7] as TaskId, 0))
  for (let i = 0; i < 3; i += 1) await turn()
  controller.clientEnd?.drain()
  await controller.until(() => controller.all('broadcast').length === 3)
  expect(controller.all('broadcast').map(({ tasks }) => tasks.length)).toEqual([999, 1_000, 500])
  const targets = controller.all('broadcast').flatMap((message) => message.targets)
  expect(targets).toEqual(controller.engines.map(({ id }) => id).filter((id) => id !== 7))
})

test('after a lost link, what is left of a broadcast is submitted one by one, each to its engine', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const result = client.broadcastView().apply(double, 21)
  await controller.until(() => controller.all('broadcast').length > 0)
  controller.reply(success(result.ids[0] as TaskId, 42))
  await turn()
  controller.loseLink()
  await controller.submitted(1)
  expect(controller.submissions).toMatchObject([{ id: result.ids[1], direct: true, targets: [1] }])
  expect(controller.all('broadcast')).toHaveLength(1)
  controller.reply(success(result.ids[1] as TaskId, 43))
  expect(await result).toEqual([42, 43])
})
