/** An engine that is told to stop at an odd moment leaves nothing behind. */
import { afterEach, expect, it } from 'vitest'
import { startController } from '../../cluster/controller.ts'
import { startEngine } from '../../cluster/engine.ts'
import type { ExecutorFactory } from '../../cluster/executor.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { MemoryStore } from '../../cluster/stores/memory-store.ts'
import type { Connection } from '../../core/transport.ts'
import { transportFor } from '../../transports/index.ts'

const key = new Uint8Array(32).fill(6)
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** An engine that keeps its tasks when its link is lost, and whose second link is there when the test says so. */
async function engineThatSeeksItsLink() {
  const controller = await startController({ addresses: ['ws://127.0.0.1:0'], key, store: new MemoryStore() })
  stops.push(() => controller.stop())
  const [address = ''] = controller.addresses
  const connect = async () => (await transportFor(address)).connect(address, { key })
  let executors = 0
  const counted: ExecutorFactory = {
    ...inlineExecutor,
    start(options, handlers) {
      executors += 1
      const executor = inlineExecutor.start(options, handlers)
      return {
        ...executor,
        end() {
          executors -= 1
          return executor.end()
        },
      }
    },
  }
  const links: Connection[] = []
  let answer: (connection: Connection) => void = () => {}
  let isSought: () => void = () => {}
  const sought = new Promise<void>((resolve) => {
    isSought = resolve
  })
  const engine = await startEngine({
    address,
    key,
    executors: counted,
    async connect() {
      if (links.length > 0) {
        isSought()
        return new Promise((resolve) => {
          answer = resolve
        })
      }
      const connection = await connect()
      links.push(connection)
      return connection
    },
  })
  links[0]?.abort()
  await sought
  return { engine, connect, answer: (connection: Connection) => answer(connection), executors: () => executors }
}

it('its executor ends, though it waits for a link', async () => {
  const { engine, executors } = await engineThatSeeksItsLink()
  expect(executors()).toBe(1)
  await engine.stop()
  expect(executors()).toBe(0)
})

it('a link that comes too late ends', async () => {
  const { engine, connect, answer } = await engineThatSeeksItsLink()
  await engine.stop()
  const late = await connect()
  const ended = new Promise<Error | undefined>((resolve) => late.open({ onMessage() {}, onClose: resolve }))
  answer(late)
  expect((await ended)?.message).toContain('aborted on this side')
})
