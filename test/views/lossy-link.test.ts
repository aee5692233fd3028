import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskId } from '../../core/ids.ts'
import type { Reply, Submission } from '../../core/messages.ts'
import { seededRandom } from '../../core/random.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { answer, FakeController, turn } from './fake-controller.ts'

const double = (x: number) => x * 2

/** A controller that keeps what it was told, over any number of links, as a real one does. */
class LastingController {
  readonly fake = new FakeController()
  readonly known = new Map<TaskId, Submission>()
  readonly ended = new Map<TaskId, Reply>()

  constructor() {
    this.fake.onMessage = (message) => {
      if (message.type === 'submit') {
        for (const task of message.tasks) this.known.set(task.id, task)
      }
      if (message.type !== 'ask' || message.ask.kind !== 'watch') return
      this.fake.send({ type: 'answer', request: message.request, value: null })
      this.fake.reply(...message.ask.tasks.flatMap((id) => this.ended.get(id) ?? []))
    }
  }

  /** Ends one of the open tasks. */
  end(pick: number): void {
    const open = [...this.known.values()].filter(({ id }) => !this.ended.has(id))
    const task = open[pick % open.length]
    if (task === undefined) return
    const reply = answer(task, double)
    this.ended.set(task.id, reply)
    this.fake.reply(reply)
  }

  repeat(pick: number): void {
    const reply = [...this.ended.values()][pick % this.ended.size]
    if (reply) this.fake.reply(reply)
  }
}

const step = fc.record({
  what: fc.constantFrom('call', 'call', 'map', 'end', 'end', 'repeat', 'lose', 'turn'),
  pick: fc.nat(1_000),
})

test('every result arrives, once and right, whatever is lost, repeated or late', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const controller = new LastingController()
      const clock = new VirtualClock()
      const client = await controller.fake.connect({ clock, random: seededRandom(1) })
      const view = client.loadBalancedView()
      const pass = async (ms: number): Promise<void> => {
        clock.advance(ms)
        for (let i = 0; i < 4; i += 1) await turn()
      }
      const found: { wanted: unknown; got: Promise<unknown> }[] = []
      for (const { what, pick } of steps) {
        if (what === 'call') found.push({ wanted: pick * 2, got: view.apply(double, pick).get() })
        if (what === 'map') {
          const items = Array.from({ length: pick % 30 }, (_, i) => i)
          found.push({ wanted: items.map(double), got: view.map(double, items).get() })
        }
        if (what === 'end') controller.end(pick)
        if (what === 'repeat') controller.repeat(pick)
        if (what === 'lose') controller.fake.loseLink()
        if (what === 'turn') await pass(pick)
      }
      const all = Promise.all(found.map(({ got }) => got))
      let isOver = false
      const over = all.then(() => {
        isOver = true
      })
      for (let i = 0; i < 200 && !isOver; i += 1) {
        await pass(100)
        for (let count = controller.known.size; count > 0; count -= 1) controller.end(0)
      }
      expect(isOver).toBe(true)
      await over
      expect(await all).toEqual(found.map(({ wanted }) => wanted))
      expect(await client.wait(undefined, 0)).toBe(true)
      await client.close()
      expect(clock.next).toBeUndefined()
    }),
    { numRuns: 150 },
  )
})
