import { describe, expect, test } from 'vitest'
import { ConfigurationError, NoEngineError, SourceError } from '../../core/errors.ts'
import type { Submission } from '../../core/messages.ts'
import { decodeValue } from '../../core/payload.ts'
import { CompositeError } from '../../index.ts'
import type { EngineTargets } from '../../views/engine-targets.ts'
import { answer, engineInfo, FakeController, failure, idOf, success, tasksOf } from './fake-controller.ts'

const double = (x: number) => 2 * x

async function connected(...engines: number[]) {
  const controller = new FakeController()
  controller.engines = engines.map(engineInfo)
  const client = await controller.connect()
  return { controller, client }
}

const directTasks = (controller: FakeController) => controller.received.flatMap(tasksOf)

/** Resolves with the first so many. */
async function submitted(controller: FakeController, count: number): Promise<Submission[]> {
  await controller.until(() => directTasks(controller).length >= count)
  return directTasks(controller)
}

/** Where they go, and with which arguments. */
const sent = (tasks: readonly Submission[]) => tasks.map(({ targets, args }) => [targets, decodeValue(args)])

describe('engines', () => {
  test.each<[EngineTargets, number[]]>([
    ['all', [4, 0, 7, 2]],
    [7, [7]],
    [
      [2, 0],
      [2, 0],
    ],
    [{}, [4, 0, 7, 2]],
    [{ from: 1 }, [0, 7, 2]],
    [{ to: 3, step: 2 }, [4, 7]],
    [{ from: -2 }, [7, 2]],
    [{ from: 1, to: -1, step: 5 }, [0]],
  ])('%j are those, by number or in order of arrival', async (targets, ids) => {
    const { client, controller } = await connected(4, 0, 7, 2)
    const view = client.directView(targets)
    expect(view.targets).toEqual(ids)
    view.apply(double, 1)
    const tasks = await submitted(controller, ids.length)
    expect(sent(tasks)).toEqual(ids.map((id) => [[id], [1]]))
    expect(controller.received).toHaveLength(1)
  })

  test('that are not there are named at the call, with those that are', async () => {
    const { client } = await connected(0, 2)
    const calls = [
      [client.directView([0, 3, 2, 5]), 'engines 3, 5 are not there: there are 0, 2'],
      [client.directView(1), 'engine 1 is not there: there are 0, 2'],
      [client.directView({ from: 2 }), 'the view has no engines: there are 0, 2'],
    ] as const
    for (const [view, message] of calls) {
      for (const call of [() => view.apply(double, 1), () => view.map(double, [1]), () => view.scatter('a', [1])]) {
        expect(call).toThrow(NoEngineError)
        expect(call).toThrow(message)
      }
    }
    const { client: lonely } = await connected()
    expect(() => lonely.directView('all').interrupt()).toThrow('the view has no engines: none is there')
    expect(() => lonely.broadcastView(0).clear()).toThrow('engine 0 is not there: none is there')
  })

  test('are those at the moment of each call', async () => {
    const { client, controller } = await connected(0)
    const view = client.directView('all')
    view.clear()
    await submitted(controller, 1)
    controller.send({ type: 'engines', joined: [engineInfo(1)], left: [{ id: 0, reason: 'gone' }] })
    await client.waitForEngines(1)
    while (client.ids[0] !== 1) await new Promise((resolve) => setImmediate(resolve))
    view.clear()
    const tasks = await submitted(controller, 2)
    expect(tasks.map(({ targets }) => targets)).toEqual([[0], [1]])
  })

  test.each<unknown>([
    [[]],
    [[1, 1]],
    [[0, -1]],
    ['some'],
    [1.5],
    [null],
    [{ from: 0.5 }],
    [{ step: 0 }],
    [{ until: 3 }],
  ])('%j are no targets', async (targets) => {
    const { client } = await connected(0, 1)
    expect(() => client.directView(targets as 'all')).toThrow(ConfigurationError)
    expect(() => client.broadcastView(targets as 'all')).toThrow(/^targets are 'all', an engine’s number/)
  })
})

test('flags that have no meaning are refused by name, the others travel', async () => {
  const { client, controller } = await connected(0, 1)
  const view = client.directView('all')
  const wrong = { label: 'a', retries: 2 }
  expect(() => view.with(wrong as object)).toThrow(/^a view that names its engines has no flag "retries"/)
  expect(() => client.broadcastView().with({ after: 'a.1' } as object)).toThrow('has no flag "after"')
  expect(() => client.apply(double, [1], { targets: 0, ...wrong } as never)).toThrow('has no flag "retries"')
  expect(() => view.with({ runTimeout: -1 })).toThrow('the flag runTimeout must be')
  const derived = view.with({ label: 'a', runTimeout: 7 })
  expect([view.flags, derived.flags]).toEqual([{}, { label: 'a', runTimeout: 7 }])
  derived.push({ x: 1 })
  derived.scatter('y', [1, 2])
  const tasks = await submitted(controller, 4)
  for (const task of tasks) expect(task).toMatchObject({ label: 'a', runTimeoutMs: 7, direct: true })
})

test('a map goes out in one part for each engine, and comes back as one list', async () => {
  const { client, controller } = await connected(0, 1, 2)
  const result = client.directView('all').map(double, new Set([1, 2, 3, 4, 5]))
  const tasks = await submitted(controller, 3)
  expect(sent(tasks)).toEqual([
    [[0], [1, 2]],
    [[1], [3, 4]],
    [[2], [5]],
  ])
  expect(result.progress).toEqual({ done: 0, total: 5 })
  for (const i of [2, 0, 1]) controller.reply(answer(tasks[i] as Submission, double))
  expect(await result).toEqual([2, 4, 6, 8, 10])
  expect(await client.directView('all').map(double, [])).toEqual([])
  expect(directTasks(controller)).toHaveLength(3)
  expect(() => client.directView('all').map(double, 5 as never)).toThrow(ConfigurationError)
  const endless = async function* () {
    yield 1
  }
  expect(() => client.directView('all').map(double, endless() as never)).toThrow('sequences with an end')
})

test('there is one entry for each engine, errors among them where the view says so', async () => {
  const { client, controller } = await connected(0, 1, 2)
  const view = client.directView('all')
  const [plain, inPlace] = [view.apply(double, 1), view.with({ returnExceptions: true }).apply(double, 1)]
  const tasks = await submitted(controller, 6)
  tasks.forEach(({ id, targets }) => {
    const engine = targets?.[0] as number
    controller.reply(engine === 1 ? success(id, 2, { engine }) : failure(id, new Error('no'), { engine }))
  })
  const error = await plain.get().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CompositeError)
  expect((error as CompositeError).errors.map(({ message }) => message)).toEqual([
    'engine 0: Error: no',
    'engine 2: Error: no',
  ])
  expect(await inPlace).toMatchObject([{ code: 'YM_REMOTE', engineId: 0 }, 2, { code: 'YM_REMOTE', engineId: 2 }])
})

test('a signal aborts what was submitted; one that has fired, everything', async () => {
  const { client, controller } = await connected(0, 1)
  const abort = new AbortController()
  const view = client.directView('all').with({ signal: abort.signal, returnExceptions: true })
  const result = view.apply(double, 1)
  await submitted(controller, 2)
  abort.abort()
  await controller.until(() => controller.all('abort').length > 0)
  expect(controller.all('abort')[0]?.tasks).toEqual(result.ids)
  const aborted = { code: 'YM_ABORTED' }
  expect(await view.apply(double, 1)).toMatchObject([aborted, aborted])
  expect(await view.map(double, [1, 2, 3])).toMatchObject([aborted, aborted, aborted])
  expect(directTasks(controller)).toHaveLength(2)
})

test('an interrupt and a restart are asked for at once, of all engines together', async () => {
  const { client, controller } = await connected(0, 1, 2)
  const one = client.directView(1).interrupt()
  const several = client.broadcastView([2, 0]).with({ returnExceptions: true }).restart()
  await controller.until(() => controller.all('ask').length === 2)
  const [first, second] = controller.all('ask')
  expect([first?.ask, second?.ask]).toEqual([
    { kind: 'interrupt', engines: [1] },
    { kind: 'restart', engines: [2, 0] },
  ])
  expect([one.status, one.ids.length]).toEqual(['pending', 1])
  controller.send({ type: 'answer', request: first?.request as number, value: null })
  const fault = { code: 'YM_ENGINE_LOST' as const, message: 'there is no engine 2' }
  controller.send({ type: 'answer', request: second?.request as number, fault })
  expect(await one).toBeUndefined()
  expect(one.successful).toBe(true)
  expect(await several).toMatchObject([fault, fault])
})

test('a text that does not parse, and a file that is none, are told at the call', async () => {
  const { client, controller } = await connected(0)
  const view = client.directView(0)
  expect(() => view.execute('1 +')).toThrow(SourceError)
  expect(() => view.execute('const a = 1\nlet a')).toThrow("yardmaster:execute:2:5: Identifier 'a'")
  expect(() => view.run('test/views/fake-controller.ts')).toThrow(/run\(\) takes JavaScript.*importModule/)
  expect(() => view.run('no/such/file.js')).toThrow(/no\/such\/file\.js cannot be read/)
  expect(controller.received).toEqual([])
})

test('a module is named by the end of its specifier, or as one says', async () => {
  const { client, controller } = await connected(0)
  const view = client.directView(0)
  view.importModule('node:path')
  view.importModule('./test/programs/tools.v2.mjs?x=1', 'tools')
  view.importModule('@some/package')
  view.importModule('/abs/olute.js')
  const tasks = await submitted(controller, 4)
  const folder = new URL('../../', import.meta.url).href
  expect(tasks.map(({ args }) => decodeValue(args))).toEqual([
    ['node:path', '', 'path'],
    [`${folder}test/programs/tools.v2.mjs?x=1`, '', 'tools'],
    ['@some/package', '', 'package'],
    ['file:///abs/olute.js', '', 'olute'],
  ])
  expect(() => view.importModule('lodash-es')).toThrow(`write importModule('lodash-es', 'name')`)
  expect(() => view.importModule('node:fs', 'a b')).toThrow('"a b" is no name')
})

test('a call of one engine has one task, which another client can ask for', async () => {
  const { client, controller } = await connected(0, 1)
  const result = client.directView(1).get<string>('name')
  await submitted(controller, 1)
  controller.reply(success(idOf(result), 'value', { engine: 1 }))
  expect(await result).toBe('value')
  expect(result.metadata[0]).toMatchObject({ engineId: 1 })
})
