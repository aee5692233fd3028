import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../core/errors.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import type { Ask, TaskSummary } from '../../core/messages.ts'
import { Dependency } from '../../views/dependency.ts'
import type { TaskQuery } from '../../views/task-query.ts'
import { FakeController } from './fake-controller.ts'

type AskOf<Kind extends Ask['kind']> = Extract<Ask, { kind: Kind }>

function summary(id: string, more: Partial<TaskSummary> = {}): TaskSummary {
  const counts = { attempts: 1, failures: 0, losses: 0 }
  const client = 'someone' as SessionId
  return {
    id: id as TaskId,
    client,
    state: 'succeeded',
    purged: false,
    submittedAt: 1_000,
    flags: {},
    ...counts,
    ...more,
  }
}

/** A client whose questions are answered by `answer`. */
async function asking(answer: (ask: Ask) => unknown) {
  const controller = new FakeController()
  const asked: Ask[] = []
  controller.onMessage = (message) => {
    if (message.type !== 'ask') return
    asked.push(message.ask)
    controller.send({ type: 'answer', request: message.request, value: answer(message.ask) })
  }
  return { client: await controller.connect(), controller, asked }
}

/** Pages over numbered records, as a controller makes them, of at most `sizeMax`. */
function pages(count: number, sizeMax: number) {
  return ({ limit, before = count }: { limit: number; before?: number }) => {
    const from = Math.max(0, before - Math.min(limit, sizeMax))
    const tasks = Array.from({ length: before - from }, (_, i) => from + i)
    return { tasks, ...(from > 0 ? { before: from } : {}) }
  }
}

describe('a query', () => {
  test('is about one’s own tasks, or anybody’s where ids are given', async () => {
    const { client, asked } = await asking(() => ({ tasks: [] }))
    await client.query()
    await client.query({ client: 'any' })
    await client.query({ client: 'abc' as SessionId })
    await client.query({ ids: ['x.1', ['x.2']] })
    await client.query({ ids: 'x.1', client: 'mine' })
    expect((asked as AskOf<'query'>[]).map(({ where }) => where)).toEqual([
      { client: client.session },
      {},
      { client: 'abc' },
      { ids: ['x.1', 'x.2'] },
      { ids: ['x.1'], client: client.session },
    ])
  })

  test('says all that was asked, dates as milliseconds', async () => {
    const { client, asked } = await asking(() => ({ tasks: [] }))
    await client.query({
      client: 'any',
      state: 'failed',
      purged: false,
      label: ['fit', 'plot'],
      engine: 3,
      submittedAfter: new Date(1_000),
      submittedBefore: 2_000,
      startedAfter: 0,
      startedBefore: 4_000,
      endedAfter: 5_000.5,
      endedBefore: new Date(6_000),
      limit: 7,
    })
    expect(asked).toEqual([
      {
        kind: 'query',
        limit: 7,
        where: {
          states: ['failed'],
          purged: false,
          labels: ['fit', 'plot'],
          engines: [3],
          submittedAfter: 1_000,
          submittedBefore: 2_000,
          startedAfter: 0,
          startedBefore: 4_000,
          endedAfter: 5_000.5,
          endedBefore: 6_000,
        },
      },
    ])
  })

  test('gives flags as a view takes them', async () => {
    const after = [{ ids: ['x.1' as TaskId], all: false, success: true, failure: true }]
    const flags = { after, retries: 2, queueTimeoutMs: 5, runTimeoutMs: 6, label: 'fit', targets: [1] }
    const { client } = await asking(() => ({ tasks: [summary('x.2', { flags, error: 'YM_REMOTE' }), summary('x.3')] }))
    const [first, second] = await client.query({ ids: ['x.2', 'x.3'] })
    expect(first).toMatchObject({ id: 'x.2', label: 'fit', error: 'YM_REMOTE' })
    expect(first?.flags).toEqual({
      after: [new Dependency('x.1', { all: false, failure: true })],
      retries: 2,
      queueTimeout: 5,
      runTimeout: 6,
      label: 'fit',
      targets: [1],
    })
    expect(second).toMatchObject({ label: undefined, flags: {} })
    expect(client.loadBalancedView().with(first?.flags ?? {}).flags).toEqual(first?.flags)
  })

  test.for<[string, unknown]>([
    ['state', 'sleeping'],
    ['state', ['failed', 'toString']],
    ['purged', 'yes'],
    ['label', 7],
    ['label', 'x'.repeat(1_025)],
    ['engine', -1],
    ['engine', [0, 1.5]],
    ['client', 7],
    ['client', ''],
    ['submittedAfter', Number.NaN],
    ['submittedBefore', new Date(Number.NaN)],
    ['startedAfter', '2024-01-01'],
    ['endedBefore', -1],
    ['limit', -1],
    ['limit', 1.5],
    ['states', 'failed'],
    ['constructor', 1],
  ])('with a wrong %s (%s) is refused by name, and nobody is asked', async ([field, value]) => {
    const { client, asked } = await asking(() => ({ tasks: [] }))
    const error = await client.query({ [field]: value } as TaskQuery).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ message: expect.stringContaining(field), details: { field } })
    expect(asked).toEqual([])
  })

  test('with something that is no task among its ids is refused', async () => {
    const { client } = await asking(() => ({ tasks: [] }))
    await expect(client.query({ ids: ['x.1', ''] })).rejects.toMatchObject({ code: 'YM_INVALID_DEPENDENCY' })
  })
})

describe('pages', () => {
  test('are read to the end, and stand in order', async () => {
    const page = pages(12_345, 5_000)
    const { client, asked } = await asking((ask) => page(ask as AskOf<'history'>))
    expect(await client.history()).toEqual(Array.from({ length: 12_345 }, (_, i) => i))
    expect(asked).toEqual([
      { kind: 'history', limit: 5_000 },
      { kind: 'history', limit: 5_000, before: 7_345 },
      { kind: 'history', limit: 5_000, before: 2_345 },
    ])
  })

  test('are no more than the limit asks for', async () => {
    const page = pages(100, 7)
    const { client, asked } = await asking((ask) => page(ask as AskOf<'history'>))
    expect(await client.history({ limit: 10 })).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
    expect(asked).toEqual([
      { kind: 'history', limit: 10 },
      { kind: 'history', limit: 3, before: 93 },
    ])
    expect(await client.history({ limit: 0 })).toEqual([])
    expect(asked).toHaveLength(2)
    await expect(client.history({ limit: -1 })).rejects.toThrow(ConfigurationError)
  })
})

test('another strategy is asked for by name', async () => {
  const { client, asked } = await asking(() => null)
  await client.setStrategy('lru')
  expect(asked).toEqual([{ kind: 'setStrategy', strategy: 'lru' }])
})
