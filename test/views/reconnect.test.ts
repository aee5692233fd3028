import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { AuthenticationError, ClosedError, ConnectionLostError, UnreachableError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import {
  answer,
  engineInfo,
  FakeController,
  failure,
  idOf,
  success,
  tasksOf,
  turn,
  unreachable,
} from './fake-controller.ts'

const double = (x: number) => x * 2

async function connected(reconnectMs = 30_000) {
  const controller = new FakeController()
  const clock = new VirtualClock()
  const client = await controller.connect({ clock, random: seededRandom(1), reconnectMs })
  return { controller, clock, client, view: client.loadBalancedView() }
}

/** Lets virtual time pass in small steps, with turns between them for what answers. */
async function pass(clock: VirtualClock, ms: number) {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50)
    await turn()
    await turn()
  }
}

describe('connecting', () => {
  test('a failure rejects with its own class, and leaves no timer', async () => {
    const controller = new FakeController()
    const clock = new VirtualClock()
    controller.unreachable = unreachable()
    await expect(controller.connect({ clock })).rejects.toBe(controller.unreachable)
    controller.unreachable = undefined
    controller.refusal = new AuthenticationError('wrong key')
    await expect(controller.connect({ clock })).rejects.toBe(controller.refusal)
    await turn()
    await turn()
    expect(controller.clientEnd?.isOpen).toBe(false)
    expect(clock.next).toBeUndefined()
  })

  test('the inspector sees the machine', async () => {
    const controller = new FakeController()
    const seen: string[] = []
    const client = await controller.connect({ inspect: (event) => seen.push(event.type) })
    await client.close()
    expect(seen).toContain('@xstate.snapshot')
  })
})

describe('after a lost link', () => {
  test('tasks without an answer are submitted again, then watched, and their results come in', async () => {
    const { controller, clock, client, view } = await connected()
    const results = [1, 2, 3].map((x) => view.apply(double, x))
    await controller.submitted(3)
    controller.reply(answer(controller.task(0), double))
    expect(await results[0]).toBe(2)
    controller.received.length = 0
    controller.engines = [engineInfo(5)]
    controller.loseLink()
    await turn()
    await turn()
    expect(client.status).toBe('reconnecting')
    const meanwhile = view.apply(double, 4)
    await pass(clock, 200)
    await controller.until(() => controller.all('ask').length > 0)
    expect(client.status).toBe('ready')
    expect(client.ids).toEqual([5])
    const open = [results[1], results[2], meanwhile].flatMap((result) => result?.ids ?? [])
    expect(controller.submissions.map(({ id }) => id)).toEqual(open)
    // The new link knows no function.
    expect(controller.all('submit')[0]?.functions).toHaveLength(1)
    expect(controller.received.map(({ type }) => type)).toEqual(['submit', 'ask'])
    expect(controller.all('ask')[0]?.ask).toEqual({ kind: 'watch', tasks: open })
    expect(controller.sessions[1]).toBe(controller.sessions[0])
    // The controller knew some, and answers both what is submitted and what is watched.
    for (const task of controller.submissions) controller.reply(answer(task, double), success(task.id, 'late'))
    expect(await Promise.all([...results, meanwhile])).toEqual([2, 4, 6, 8])
  })

  test('a task that must not run twice is only watched, once it has been sent', async () => {
    const { controller, clock, view } = await connected()
    const careful = view.with({ retryOnEngineLoss: false })
    const sent = careful.apply(double, 1)
    await controller.submitted(1)
    controller.send({ type: 'begun', tasks: [{ id: idOf(sent), attempt: 1, engine: 0 }] })
    await turn()
    expect(sent.status).toBe('running')
    controller.received.length = 0
    controller.loseLink()
    await turn()
    await turn()
    const unsent = careful.apply(double, 2)
    await pass(clock, 200)
    await controller.until(() => controller.all('ask').length > 0)
    expect(controller.submissions.map(({ id }) => id)).toEqual(unsent.ids)
    expect(controller.all('ask')[0]?.ask).toEqual({ kind: 'watch', tasks: [...sent.ids, ...unsent.ids] })
  })

  test('questions and aborts without an answer are asked again', async () => {
    const { controller, clock, client, view } = await connected()
    const result = view.apply(double, 1)
    const status = client.resultStatus(result)
    result.abort()
    await controller.until(() => controller.all('abort').length > 0)
    controller.received.length = 0
    controller.loseLink()
    await pass(clock, 200)
    await controller.until(() => controller.all('abort').length > 0)
    expect(controller.all('ask').map(({ ask }) => ask.kind)).toEqual(['watch', 'resultStatus'])
    expect(controller.all('abort')[0]?.tasks).toEqual(result.ids)
    const question = controller.all('ask').at(-1)
    controller.send({ type: 'answer', request: question?.request ?? -1, value: { [idOf(result)]: 'running' } })
    expect(await status).toEqual({ [idOf(result)]: 'running' })
  })

  test.for([
    ['goes on', 2, ['one ', 'two ', 'three'], 'one two three'],
    ['begins anew under the number of an attempt that was heard', 2, ['one ', 'tw', 'o three'], 'one two three'],
    ['begins anew and prints less', 2, ['one '], 'one '],
    ['begins anew under a lower number', 1, ['anew'], 'anew'],
  ] as const)('of a task that %s, what the last run printed is told', async ([, attempts, texts, printed]) => {
    const { controller, clock, view } = await connected()
    const result = view.apply(double, 1)
    await controller.submitted(1)
    const { id } = controller.task(0)
    const print = (attempt: number, ...pieces: readonly string[]) => {
      const news = pieces.map(
        (text, index) => ({ kind: 'output', id, attempt, index, stream: 'stdout', text }) as const,
      )
      controller.send({ type: 'news', news })
    }
    print(2, 'one ', 'two ')
    await turn()
    expect(result.stdout).toBe('one two ')
    controller.loseLink()
    await pass(clock, 200)
    await controller.until(() => controller.all('ask').length > 0)
    print(attempts, ...texts)
    controller.reply({ ...answer(controller.task(0), double), attempts })
    expect(await result).toBe(2)
    expect(result.stdout).toBe(printed)
  })

  test('what is to be submitted once more is asked for before its new task is watched', async () => {
    const { controller, clock, client, view } = await connected()
    const result = view.apply(double, 1)
    await controller.submitted(1)
    controller.reply(answer(controller.task(0), double))
    await result
    controller.loseLink()
    await turn()
    await turn()
    controller.received.length = 0
    const again = client.resubmit(result)
    await pass(clock, 200)
    await controller.until(() => controller.all('ask').length > 1)
    expect(controller.all('ask').map(({ ask }) => ask)).toEqual([
      { kind: 'resubmit', pairs: [{ from: idOf(result), to: idOf(again) }] },
      { kind: 'watch', tasks: again.ids },
    ])
  })

  test('an engine is restarted between the tasks that it was asked for between', async () => {
    const { controller, clock, client } = await connected()
    const dview = client.directView(0)
    const before = dview.apply(double, 1)
    const restart = dview.restart()
    const after = dview.apply(double, 2)
    restart.get().catch(() => {})
    await controller.until(() => controller.received.length > 2)
    controller.loseLink()
    await turn()
    await turn()
    controller.received.length = 0
    await pass(clock, 200)
    await controller.until(() => controller.all('ask').length > 1)
    const told = controller.received.map((message) =>
      message.type === 'ask' ? message.ask.kind : tasksOf(message).map(({ id }) => id),
    )
    expect(told).toEqual([before.ids, 'restart', after.ids, 'watch'])
  })

  test('it tries again and again, less and less often, and then gives up', async () => {
    const { controller, clock, client, view } = await connected(10_000)
    const result = view.apply(double, 1)
    const engines = lastValueFrom(client.engines$.pipe(toArray()))
    controller.unreachable = unreachable()
    controller.loseLink()
    await pass(clock, 9_000)
    expect(client.status).toBe('reconnecting')
    expect(controller.dials).toBeGreaterThan(6)
    expect(controller.dials).toBeLessThan(20)
    await pass(clock, 1_500)
    expect(client.status).toBe('closed')
    const error = await result.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ConnectionLostError)
    expect((error as Error).cause).toBeInstanceOf(UnreachableError)
    await expect(client.queueStatus()).rejects.toBe(error)
    expect(await engines).toHaveLength(1)
    expect(clock.next).toBeUndefined()
  })

  test('with reconnectMs: 0 results fail at once', async () => {
    const { controller, clock, client, view } = await connected(0)
    const result = view.apply(double, 1)
    await controller.submitted(1)
    controller.loseLink()
    await expect(result.get()).rejects.toMatchObject({ message: expect.stringContaining('cable cut') })
    expect([client.status, controller.dials]).toEqual(['closed', 1])
    expect(clock.next).toBeUndefined()
  })

  test('a key that is refused ends it at once', async () => {
    const { controller, clock, client, view } = await connected()
    const result = view.apply(double, 1)
    controller.refusal = new AuthenticationError('wrong key')
    controller.loseLink()
    await pass(clock, 200)
    await expect(result.get()).rejects.toThrow(AuthenticationError)
    expect(client.status).toBe('closed')
  })

  test('close ends the search', async () => {
    const { controller, clock, client, view } = await connected()
    const result = view.apply(double, 1)
    controller.unreachable = unreachable()
    controller.loseLink()
    await pass(clock, 100)
    await client.close()
    await expect(result.get()).rejects.toThrow(ClosedError)
    expect(clock.next).toBeUndefined()
  })
})

describe('silence', () => {
  test('a controller that says nothing for some heartbeats counts as lost', async () => {
    const controller = new FakeController()
    controller.heartbeatMs = 1_000
    const clock = new VirtualClock()
    const client = await controller.connect({ clock })
    const result = client.loadBalancedView().apply(double, 1)
    await pass(clock, 7_000)
    expect(controller.all('ping').length).toBeGreaterThanOrEqual(4)
    expect(controller.dials).toBe(2)
    controller.reply(answer(controller.task(0), double))
    expect(await result).toBe(2)
  })

  test('one that answers does not', async () => {
    const controller = new FakeController()
    controller.heartbeatMs = 1_000
    controller.onMessage = (message) => {
      if (message.type === 'ping') controller.send({ type: 'pong', sequence: message.sequence })
    }
    const clock = new VirtualClock()
    const client = await controller.connect({ clock })
    await pass(clock, 20_000)
    expect([client.status, controller.dials]).toEqual(['ready', 1])
    await client.close()
    expect(clock.next).toBeUndefined()
  })
})

test('a controller that takes its leave is not sought', async () => {
  const { controller, client, view } = await connected()
  const result = view.apply(double, 1)
  controller.send({ type: 'goodbye', reason: 'it was stopped' })
  await expect(result.get()).rejects.toMatchObject({
    code: 'YM_CLOSED',
    message: expect.stringContaining('it was stopped'),
  })
  expect([client.status, controller.dials]).toEqual(['closed', 1])
  await client.close()
})

test('a controller that has left something out is asked again, on the same link', async () => {
  const { controller, client, view } = await connected()
  const [first, second] = [view.apply(double, 1), view.apply(double, 2)]
  const once = view.with({ retryOnEngineLoss: false }).apply(double, 3)
  const question = client.queueStatus()
  await controller.until(() => controller.all('ask').length === 1)
  controller.reply(answer(controller.task(0), double))
  expect(await first).toBe(2)
  const before = controller.received.length
  controller.send({ type: 'again', engines: [engineInfo(7)] })
  await controller.until(() => controller.all('ask').length === 3)
  expect(client.ids).toEqual([7])
  const asked = controller.received.slice(before)
  expect(asked).toMatchObject([
    { type: 'submit', tasks: [{ id: idOf(second) }], functions: [] },
    { type: 'ask', ask: { kind: 'watch', tasks: [idOf(second), idOf(once)] } },
    { type: 'ask', ask: { kind: 'queueStatus' } },
  ])
  controller.reply(...[1, 2].map((i) => answer(controller.task(i), double)))
  const request = controller.all('ask')[0]?.request as number
  controller.send({ type: 'answer', request, value: 'known' })
  expect([await second, await once, await question, client.status, controller.dials]).toEqual([
    4,
    6,
    'known',
    'ready',
    1,
  ])
  // Told twice, as it may be.
  controller.reply(answer(controller.task(1), double))
  await turn()
  expect(await second).toBe(4)
})

test('nonsense from the controller costs the link, not the process', async () => {
  const { controller, clock, client, view } = await connected()
  const result = view.apply(double, 1)
  await controller.submitted(1)
  controller.link?.connection.send([new Uint8Array([0xc1])])
  await pass(clock, 200)
  expect([client.status, controller.dials]).toEqual(['ready', 2])
  controller.reply(failure(idOf(result), new Error('still here')))
  await expect(result.get()).rejects.toThrow('still here')
})
