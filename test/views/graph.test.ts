import { describe, expect, test } from 'vitest'
import { ImpossibleDependencyError, InvalidDependencyError } from '../../core/errors.ts'
import type { TaskId } from '../../core/ids.ts'
import type { Submission } from '../../core/messages.ts'
import { CompositeError } from '../../index.ts'
import { Dependency } from '../../views/dependency.ts'
import { type GraphNode, type NodeFlags, node } from '../../views/graph-node.ts'
import { scaled } from '../scale.ts'
import { answer, collect, FakeController, failure, replyTo, success, turn } from './fake-controller.ts'

const add = (a: number, b: number) => a + b
const met = { all: true, success: true, failure: false }

async function connected() {
  const controller = new FakeController()
  const client = await controller.connect()
  return { controller, client, view: client.loadBalancedView() }
}

/** What was submitted for the node of this name. */
function submissionOf(controller: FakeController, label: string): Submission {
  const found = controller.submissions.find((task) => task.label === label)
  if (found === undefined) throw new Error(`no task ${label} was submitted`)
  return found
}

function impossible(id: TaskId) {
  return replyTo(id, { status: 'impossible', fault: { code: 'YM_IMPOSSIBLE_DEPENDENCY', message: `${id} cannot run` } })
}

describe('a graph', () => {
  test('is submitted at once, each node behind those it waits for, and gives its results by name', async () => {
    const { controller, view } = await connected()
    const graph = view.graph({
      last: node(add, [3, 4], { after: ['first', 'second'], follow: 'second', retries: 2 }),
      second: node(add, [2, 3], { after: 'first' }),
      first: node(add, [1, 2]),
      alone: node(() => 7),
    })
    await controller.submitted(4)
    expect(controller.all('submit')).toHaveLength(1)
    expect(controller.submissions.map(({ label }) => label)).toEqual(['first', 'second', 'last', 'alone'])
    const [first, second] = controller.submissions.map(({ id }) => id)
    expect(submissionOf(controller, 'last')).toMatchObject({
      after: [{ ids: [first, second], ...met }],
      follow: [{ ids: [second], ...met }],
      retries: 2,
    })
    expect(submissionOf(controller, 'first')).not.toHaveProperty('after')
    expect(graph.ids).toEqual(['last', 'second', 'first', 'alone'].map((name) => submissionOf(controller, name).id))
    expect(graph.progress).toEqual({ done: 0, total: 4 })
    const alone = submissionOf(controller, 'alone')
    controller.reply(...controller.submissions.slice(0, 3).map((task) => answer(task, add)), success(alone.id, 7))
    const result = await graph
    expect(result).toEqual({ last: 7, second: 5, first: 3, alone: 7 })
    expect(Object.keys(result)).toEqual(['last', 'second', 'first', 'alone'])
    expect(graph.metadata.map(({ id }) => id)).toEqual(graph.ids)
  })

  test('takes the view’s flags, and adds its dependencies to the view’s', async () => {
    const { controller, view } = await connected()
    const before = view.apply(add, 0, 0)
    const mapped = view.with({ chunk: 1 }).map(
      (x: number) => x,
      Array.from({ length: 20 }, (_, i) => i),
    )
    const any = new Dependency(['a', before], { all: false, failure: true })
    view.with({ after: before, follow: before, retries: 1, priority: 5, targets: [0, 1] }).graph({
      a: node(add, [1, 1]),
      b: node(add, [1, 1], { after: ['a', any, mapped], label: 'mine', priority: 2, targets: null, runTimeout: 9 }),
    })
    await controller.submitted(23)
    const whole = { ids: before.ids, ...met }
    expect(submissionOf(controller, 'a')).toMatchObject({
      after: [whole],
      follow: [whole],
      retries: 1,
      priority: 5,
      targets: [0, 1],
    })
    const b = submissionOf(controller, 'mine')
    const { id: a } = submissionOf(controller, 'a')
    expect(mapped.ids).toHaveLength(20)
    expect(b).toMatchObject({
      after: [
        whole,
        { ids: [a, ...mapped.ids], ...met },
        { ids: [a, ...before.ids], all: false, success: true, failure: true },
      ],
      follow: [whole],
      retries: 1,
      priority: 2,
      runTimeoutMs: 9,
    })
    expect(b.targets).toBeUndefined()
  })

  test('names tasks elsewhere by id, and prefers its own names', async () => {
    const { controller, view } = await connected()
    view.graph({
      'x.1': node(add, [1, 1]),
      b: node(add, [1, 1], { after: ['x.1', 'x.2'] as string[] }),
    })
    await controller.submitted(2)
    expect(submissionOf(controller, 'b').after).toEqual([{ ids: [submissionOf(controller, 'x.1').id, 'x.2'], ...met }])
  })

  test('may have any names, and none', async () => {
    const { controller, view } = await connected()
    controller.serve(add)
    const long = 'x'.repeat(2_000)
    const names = ['2', 'constructor', '1', long, 'a b', '']
    const nodes: Record<string, GraphNode<number>> = Object.fromEntries([
      ...names.map((name, i) => [name, node(add, [i, i], i > 0 ? { after: names[i - 1] } : {})] as const),
      ['__proto__', node(add, [50, 50])],
    ])
    const result = await view.graph(nodes)
    expect(Object.entries(result)).toHaveLength(7)
    for (const [i, name] of names.entries()) expect(result[name]).toBe(2 * i)
    expect(Object.getOwnPropertyDescriptor(result, '__proto__')?.value).toBe(100)
    expect(submissionOf(controller, long.slice(0, 1_024)).after).toHaveLength(1)
    expect(await view.graph({})).toEqual({})
  })

  test('can be read while it goes on, by name', async () => {
    const { controller, view } = await connected()
    const nodes = { a: node(add, [1, 1]), b: node(add, [2, 2]), c: node(add, [3, 3]) }
    const [inOrder, asCompleted] = [view.graph(nodes), view.with({ ordered: false }).graph(nodes)]
    const [ordered, completed] = [collect(inOrder), collect(asCompleted)]
    await controller.submitted(6)
    for (const i of [2, 0, 1, 5, 3, 4]) controller.reply(answer(controller.task(i), add))
    expect(await ordered).toEqual([
      ['a', 2],
      ['b', 4],
      ['c', 6],
    ])
    expect(await completed).toEqual([
      ['c', 6],
      ['a', 2],
      ['b', 4],
    ])
  })
})

describe('failure', () => {
  test('of several nodes rejects with all, of one as it is', async () => {
    const { controller, view } = await connected()
    const nodes = { a: node(add, [1, 1]), b: node(add, [2, 2], { after: 'a' }), c: node(add, [3, 3]) }
    const [several, one] = [view.graph(nodes), view.graph(nodes)]
    await controller.submitted(6)
    const [a, b, c, d, e, f] = controller.submissions as [
      Submission,
      Submission,
      Submission,
      Submission,
      Submission,
      Submission,
    ]
    controller.reply(failure(a.id, new Error('no disk')), impossible(b.id), answer(c, add))
    controller.reply(answer(d, add), answer(e, add), failure(f.id, new Error('no net')))
    const error = await several.get().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CompositeError)
    expect((error as CompositeError).errors.map(({ code }) => code)).toEqual(['YM_REMOTE', 'YM_IMPOSSIBLE_DEPENDENCY'])
    expect(several.status).toBe('failed')
    await expect(one.get()).rejects.toMatchObject({ code: 'YM_REMOTE', message: expect.stringContaining('no net') })
  })

  test('stands in place where the view says so', async () => {
    const { controller, view } = await connected()
    const graph = view
      .with({ returnExceptions: true })
      .graph({ a: node(add, [1, 1]), b: node(add, [2, 2], { after: 'a' }), c: node(add, [3, 3]) })
    await controller.submitted(3)
    const [a, b, c] = controller.submissions as [Submission, Submission, Submission]
    controller.reply(failure(a.id, new Error('no disk')), impossible(b.id), answer(c, add))
    const result = await graph
    expect(result.a).toMatchObject({ code: 'YM_REMOTE' })
    expect(result.b).toBeInstanceOf(ImpossibleDependencyError)
    expect(result.c).toBe(6)
    expect((await collect(graph)).map(([name]) => name)).toEqual(['a', 'b', 'c'])
  })

  test('abort reaches every node that has not ended; a signal that has fired, all', async () => {
    const { controller, view } = await connected()
    const nodes = { a: node(add, [1, 1]), b: node(add, [2, 2], { after: 'a' }) }
    const graph = view.graph(nodes)
    await controller.submitted(2)
    controller.reply(answer(controller.task(0), add))
    await turn()
    graph.abort()
    await controller.until(() => controller.all('abort').length > 0)
    expect(controller.all('abort')[0]?.tasks).toEqual([controller.task(1).id])
    const never = view.with({ signal: AbortSignal.abort() }).graph(nodes)
    await expect(never.get()).rejects.toMatchObject({ code: 'YM_COMPOSITE' })
    expect(never.status).toBe('aborted')
    expect(controller.submissions).toHaveLength(2)
  })
})

describe('a wrong graph', () => {
  const wrong: Record<string, { nodes: Record<string, unknown>; error: object }> = {
    'a cycle': {
      nodes: {
        z: node(add, [1, 1], { after: 'a' }),
        a: node(add, [1, 1], { after: 'b' }),
        b: node(add, [1, 1], { follow: ['c'] }),
        c: node(add, [1, 1], { after: new Dependency(['x.1', 'a'], { all: false }) }),
      },
      error: {
        code: 'YM_INVALID_DEPENDENCY',
        message: 'the graph has a cycle, in which each waits for the next: "a" → "b" → "c" → "a"',
        details: { cycle: ['a', 'b', 'c'] },
      },
    },
    'a node that waits for itself': {
      nodes: { a: node(add, [1, 1], { after: ['a'] as string[] }) },
      error: { code: 'YM_INVALID_DEPENDENCY', details: { cycle: ['a'] } },
    },
    'an unknown name': {
      nodes: { a: node(add, [1, 1]), b: node(add, [1, 1], { after: ['a', 'A'] as string[] }) },
      error: {
        code: 'YM_INVALID_DEPENDENCY',
        message: 'node "b" waits for "A", which is neither a node of the graph nor the id of a task',
        details: { name: 'b', missing: 'A' },
      },
    },
    'an unknown name in a Dependency': {
      nodes: { b: node(add, [1, 1], { after: new Dependency('toString') }) },
      error: { code: 'YM_INVALID_DEPENDENCY', details: { missing: 'toString' } },
    },
    'a dependency that is none': {
      nodes: { b: node(add, [1, 1], { after: 7 } as never) },
      error: { code: 'YM_INVALID_DEPENDENCY' },
    },
    'a function in place of a node': {
      nodes: { a: add },
      error: { code: 'YM_CONFIGURATION', message: expect.stringContaining('node(fn'), details: { name: 'a' } },
    },
    'arguments that are no list': {
      nodes: { a: node(add, 7 as never) },
      error: { code: 'YM_CONFIGURATION', details: { name: 'a' } },
    },
    'a flag of the whole': {
      nodes: { a: node(add, [1, 1], { returnExceptions: true } as NodeFlags) },
      error: { code: 'YM_CONFIGURATION', details: { name: 'a', flag: 'returnExceptions' } },
    },
    'a flag that is wrong': {
      nodes: { a: node(add, [1, 1], { retries: -1 }) },
      error: { code: 'YM_CONFIGURATION', details: { flag: 'retries' } },
    },
    'an argument that cannot travel': {
      nodes: { ok: node(add, [1, 1]), 'my node': node(add, [1, Symbol('x')] as never) },
      error: { code: 'YM_CLONE', message: expect.stringContaining('nodes["my node"].args[1]') },
    },
    'shared memory over a wire': {
      nodes: { ok: node(add, [1, 1]), a: node(add, [new SharedArrayBuffer(8_192), 1] as never) },
      error: { code: 'YM_CLONE' },
    },
  }

  test.for(Object.entries(wrong))('%s is told at once, and nothing is submitted', async ([, { nodes, error }]) => {
    const { controller, view } = await connected()
    let thrown: unknown
    try {
      view.graph(nodes as Record<string, GraphNode>)
    } catch (reason) {
      thrown = reason
    }
    expect(thrown).toMatchObject(error)
    await turn()
    await turn()
    expect(controller.received).toEqual([])
  })

  test('a long cycle is named in full for programs, and in short for people', async () => {
    const { view } = await connected()
    const nodes = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`n${i}`, node(add, [1, 1], { after: [`n${(i + 1) % 100}`] })]),
    ) as Record<string, GraphNode<number>>
    let thrown: InvalidDependencyError | undefined
    try {
      view.graph(nodes)
    } catch (reason) {
      thrown = reason as InvalidDependencyError
    }
    expect(thrown).toBeInstanceOf(InvalidDependencyError)
    expect(thrown?.details.cycle).toHaveLength(100)
    expect(thrown?.message).toMatch(/"n0" → "n1" → .* → … → "n0"$/)
  })
})

test('many nodes in a chain, declared backwards, are submitted in order', async () => {
  const { controller, view } = await connected()
  controller.serve(add)
  const count = scaled(200_000, 40_000)
  const nodes: Record<string, GraphNode<number>> = {}
  for (let i = count - 1; i >= 0; i -= 1) nodes[`n${i}`] = node(add, [i, 1], i > 0 ? { after: [`n${i - 1}`] } : {})
  const result = await view.graph(nodes)
  expect(Object.keys(result)).toHaveLength(count)
  expect(result[`n${count - 1}`]).toBe(count)
  expect(controller.task(count - 1).after).toEqual([{ ids: [controller.task(count - 2).id], ...met }])
})
