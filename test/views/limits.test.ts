import { describe, expect, it } from 'vitest'
import type { ClientWelcome } from '../../core/admission-messages.ts'
import { LimitError } from '../../core/errors.ts'
import { node } from '../../views/graph-node.ts'
import { answer, FakeController, success, turn } from './fake-controller.ts'

const double = (x: number) => x * 2

async function connected(limits: ClientWelcome['limits']) {
  const controller = new FakeController()
  controller.limits = limits
  const client = await controller.connect()
  return { controller, client, view: client.loadBalancedView() }
}

/** `undefined` where it does not throw. */
function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

describe('what a client may have outstanding', () => {
  it('a call too many throws where it is, and says which limit, its value, what is there, and what to do', async () => {
    const { controller, view } = await connected({ tasksMax: 3 })
    const results = [1, 2, 3].map((x) => view.apply(double, x))
    const error = thrownBy(() => view.apply(double, 4))
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({
      code: 'YM_LIMIT',
      message: expect.stringMatching(/has 3 tasks .*limits\.clientTasksMax .* is 3\. .*client\.room\(\).*imap/),
      details: { limit: 'clientTasksMax', max: 3, used: 3 },
    })
    await controller.submitted(3)
    controller.reply(success(controller.task(0).id, 2))
    expect(await results[0]).toBe(2)
    const fourth = view.apply(double, 4)
    await controller.submitted(4)
    controller.reply(...[1, 2, 3].map((i) => answer(controller.task(i), double)))
    expect(await Promise.all([...results, fourth])).toEqual([2, 4, 6, 8])
  })

  it('an endless loop without a turn of the event loop ends', async () => {
    const { view } = await connected({ tasksMax: 10_000 })
    let calls = 0
    const error = thrownBy(() => {
      for (;;) {
        view.apply(double, 1)
        calls += 1
      }
    })
    expect([calls, error]).toEqual([10_000, expect.any(LimitError)])
  })

  it('so does one of calls that are too large for any message', async () => {
    const controller = new FakeController()
    controller.limits = { tasksMax: 100 }
    controller.messageBytesMax = 100_000
    const view = (await controller.connect()).loadBalancedView()
    const large = new Uint8Array(200_000)
    const results: PromiseLike<number>[] = []
    expect(() => {
      for (let i = 0; i < 1_000; i += 1) results.push(view.apply((bytes: Uint8Array) => bytes.length, large))
    }).toThrow(LimitError)
    expect(results).toHaveLength(100)
    await expect(results[99]).rejects.toMatchObject({ code: 'YM_MESSAGE_TOO_LARGE' })
    view.apply(double, 1)
  })

  it('bytes go over by one task at most', async () => {
    const { controller, view } = await connected({ bytesMax: 10_000 })
    const bytes = new Uint8Array(50_000)
    const large = view.apply((given: Uint8Array) => given.length, bytes)
    expect(thrownBy(() => view.apply(double, 1))).toMatchObject({ details: { limit: 'clientBytesMax', max: 10_000 } })
    await controller.submitted(1)
    controller.reply(success(controller.task(0).id, 5))
    expect(await large).toBe(5)
    expect(thrownBy(() => view.apply(double, 1))).toBeUndefined()
  })

  it('a graph, a direct call to many engines and a resubmission are submitted as a whole or not at all', async () => {
    const { controller, client, view } = await connected({ tasksMax: 1 })
    expect(() => view.graph({ a: node(double, [1]), b: node(double, [2]) })).toThrow(LimitError)
    expect(() => client.directView([0, 1]).apply(double, 1)).toThrow(LimitError)
    expect(() => client.directView([0, 1]).map(double, [1, 2])).toThrow(LimitError)
    expect(() => client.resubmit(['a.1', 'a.2'])).toThrow(LimitError)
    await turn()
    expect(controller.received).toEqual([])
    view.apply(double, 1)
    await controller.submitted(1)
  })

  it('nor in part where the bytes of all are too many', async () => {
    const { controller, client, view } = await connected({ bytesMax: 10_000 })
    const bytes = new Uint8Array(4_000)
    const length = (data: Uint8Array) => data.length
    const three = { a: node(length, [bytes]), b: node(length, [bytes]), c: node(length, [bytes]) }
    expect(() => view.graph(three)).toThrow(LimitError)
    expect(() => client.directView([0, 1]).map(length, [new Uint8Array(9_000), bytes])).toThrow(LimitError)
    expect(() => client.directView([0, 1]).apply(length, new Uint8Array(9_000))).toThrow(LimitError)
    await turn()
    expect(controller.received).toEqual([])
    view.graph({ a: three.a, b: three.b })
    await controller.submitted(2)
  })

  it('a map waits for room, behind whatever is there', async () => {
    const { controller, view } = await connected({ tasksMax: 2 })
    const call = view.apply(double, 0)
    const map = view.with({ chunk: 1 }).map(double, [1, 2, 3, 4])
    const other = view.with({ chunk: 1 }).map(double, [5])
    await controller.submitted(2)
    await turn()
    expect(controller.submissions).toHaveLength(2)
    controller.onMessage = (message) => {
      if (message.type === 'submit') controller.reply(...message.tasks.map((task) => answer(task, double)))
    }
    controller.reply(answer(controller.task(0), double))
    expect(await call).toBe(0)
    controller.reply(answer(controller.task(1), double))
    expect([await map, await other]).toEqual([[2, 4, 6, 8], [10]])
  })

  it('a map that waits ends with its client', async () => {
    const { controller, client, view } = await connected({ tasksMax: 1 })
    view.apply(double, 0)
    const endless = view.map(double, [1, 2, 3][Symbol.iterator]())
    await controller.submitted(1)
    const ending = client.close()
    await expect(endless).rejects.toMatchObject({ code: 'YM_CLOSED' })
    await ending
  })

  it('room() resolves when there is room, and rejects when the client has ended', async () => {
    const { controller, client, view } = await connected({ tasksMax: 4 })
    await client.room()
    const results = [1, 2].map((x) => view.apply(double, x))
    let isThere = false
    const room = client.room().then(() => {
      isThere = true
    })
    await client.room(3)
    await controller.submitted(2)
    expect(isThere).toBe(false)
    controller.reply(answer(controller.task(0), double))
    await room
    expect(await results[0]).toBe(2)
    const never = client.room(1)
    const ending = client.close()
    await expect(never).rejects.toMatchObject({ code: 'YM_CLOSED' })
    await ending
  })

  it('a new link may have other limits', async () => {
    const { controller, client, view } = await connected({ tasksMax: 1 })
    view.apply(double, 1)
    controller.limits = { tasksMax: 2 }
    controller.loseLink()
    await controller.until(() => controller.sessions.length === 2)
    while (client.status !== 'ready') await turn()
    view.apply(double, 2)
    expect(() => view.apply(double, 3)).toThrow(LimitError)
  })
})
