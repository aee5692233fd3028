/** Engines that answer twice, late, or for others: what such replies upset elsewhere stays as it is here. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../cluster/controller.ts'
import type { ThrownByTask } from '../../core/messages.ts'
import { Client } from '../../views/client.ts'
import { UnrulyEngine } from './unruly-engine.ts'

const key = new Uint8Array(32).fill(1)
const idle = { waiting: 0, ready: 0, assigned: 0, running: 0 }
const thrown: ThrownByTask = { name: 'RangeError', message: 'on purpose', stack: '' }

let controller: Controller
let client: Client
let address: string
beforeEach(async ({ task }) => {
  address = `memory:${task.id}`
  controller = await startController({ addresses: [address], key, hwm: 1 })
  client = await Client.connect(address, { key })
})
afterEach(async () => {
  await client.close()
  await controller.stop()
})

test('duplicate replies under hwm 1: the first counts, and the engine is never given more than one task', async () => {
  const engine = await UnrulyEngine.join(address, key)
  const results = Array.from({ length: 20 }, (_, i) => client.loadBalancedView().apply(() => i))
  for (let i = 0; i < results.length; i += 1) {
    const assignment = await engine.next()
    engine.answer(assignment, 'succeeded', i)
    for (const outcome of ['succeeded', 'failed', 'lost', 'recalled', 'unmet'] as const) {
      engine.say(assignment, outcome, 'a copy')
    }
  }
  expect(await Promise.all(results)).toEqual(results.map((_, i) => i))
  expect(engine.heldMax).toBe(1)
  expect(await client.queueStatus()).toMatchObject({ ...idle, ended: 20, engines: [{ load: 0 }] })
})

test('a late reply after a retry: only the present attempt counts, from the engine that has it', async () => {
  const engines = [await UnrulyEngine.join(address, key), await UnrulyEngine.join(address, key)] as const
  const result = client
    .loadBalancedView()
    .with({ retries: 1, targets: [0] })
    .apply(() => 0)
  const first = await engines[0].next()
  engines[0].answer(first, 'failed', thrown)
  const second = await engines[0].next()
  expect([first.attempt, second.attempt]).toEqual([1, 2])
  engines[0].say(first, 'succeeded', 'too late')
  engines[1].say(second, 'succeeded', 'not its own')
  engines[1].say({ ...second, attempt: 3 }, 'succeeded', 'too early')
  expect(await client.queueStatus()).toMatchObject({ ...idle, assigned: 1 })
  engines[0].answer(second, 'succeeded', 'right')
  expect(await result).toBe('right')
  expect(result.metadata[0]?.attempts).toBe(2)
})

test('a reply that comes after the abort of its task frees its engine, and changes nothing else', async () => {
  const engine = await UnrulyEngine.join(address, key)
  const aborted = client.loadBalancedView().apply(() => 0)
  const next = client.loadBalancedView().apply(() => 0)
  const assignment = await engine.next()
  aborted.abort()
  await expect(aborted).rejects.toMatchObject({ code: 'YM_ABORTED' })
  engine.answer(assignment, 'succeeded', 'too late')
  engine.answer(await engine.next(), 'succeeded', 'right')
  expect(await next).toBe('right')
  expect(engine.heldMax).toBe(1)
  expect(await client.resultStatus(aborted)).toEqual({ [aborted.ids[0] as string]: 'aborted' })
})

test('a reply for a task that nobody submitted changes nothing', async () => {
  const engine = await UnrulyEngine.join(address, key)
  engine.say({ id: `${client.session}.0` as never, attempt: 1 }, 'succeeded', 'of nothing')
  const result = client.loadBalancedView().apply(() => 0)
  engine.answer(await engine.next(), 'succeeded', 'right')
  expect(await result).toBe('right')
  expect(await client.queueStatus()).toMatchObject({ ...idle, ended: 1, engines: [{ load: 0 }] })
})

test('a reply to an attempt that was lost with its engine counts for nobody', async () => {
  const lost = await UnrulyEngine.join(address, key)
  const result = client.loadBalancedView().apply(() => 0)
  const first = await lost.next()
  const other = await UnrulyEngine.join(address, key)
  lost.leave()
  const second = await other.next()
  expect(second.attempt).toBe(2)
  other.say(first, 'succeeded', 'of an attempt that was lost')
  other.answer(second, 'succeeded', 'right')
  expect(await result).toBe('right')
  expect(result.metadata[0]?.engineId).toBe(other.id)
})
