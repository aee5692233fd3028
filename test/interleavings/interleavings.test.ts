import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { freshSeed } from '../../core/random.ts'
import type { Peer } from '../../sim/watched-link.ts'
import { Lab } from './lab.ts'
import { LabBroadcast } from './lab-broadcast.ts'
import { type Kind, kinds, LabTask, shareWith } from './lab-task.ts'

/** What can happen, each followed by some deliveries. */
type Action =
  | { readonly do: 'submit'; readonly kind: Kind; readonly count: number }
  | { readonly do: 'abort' | 'leave'; readonly pick: number }
  | { readonly do: 'cut'; readonly whom: Peer }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'interrupt' | 'restart'; readonly pick: number }
  | { readonly do: 'join' | 'broadcast' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit'),
      kind: fc.constantFrom(...kinds),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort'), pick: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('cut'), whom: fc.constantFrom<Peer>('engine 0', 'engine 1', 'client') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 1, max: 1_500 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('broadcast') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('interrupt', 'restart'), pick: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave'), pick: fc.nat(5) }) },
)
const actions = fc.array(fc.tuple(action, fc.nat(12)), { minLength: 3, maxLength: 14 })

function perform(lab: Lab, happens: Action, tasks: LabTask[], broadcasts: LabBroadcast[]): void {
  switch (happens.do) {
    case 'submit':
      for (let i = 0; i < happens.count; i += 1) {
        lab.note(`the program submits #${tasks.length}: ${happens.kind}`)
        tasks.push(new LabTask(lab, happens.kind, tasks))
      }
      return
    case 'abort': {
      const all = [...tasks, ...broadcasts]
      const task = all[happens.pick % Math.max(1, all.length)]
      if (task === undefined) return
      lab.note(`the program aborts #${task.value}`)
      task.isAborted = true
      task.result.abort()
      return
    }
    case 'cut':
      lab.note(`the link of ${happens.whom} is cut`)
      return lab.cut(happens.whom)
    case 'pass':
      lab.note(`${happens.ms} ms pass`)
      return lab.clock.advance(happens.ms)
    case 'interrupt':
    case 'restart':
      return lab.tell(happens.do, happens.pick)
    case 'broadcast': {
      if (lab.client.ids.length === 0) return
      // Numbers that no other task has.
      const value = 1_000 + broadcasts.length
      lab.note(`the program broadcasts #${value}`)
      broadcasts.push(new LabBroadcast(lab, value))
      return
    }
    case 'join':
      lab.note('an engine joins')
      return lab.join()
    case 'leave':
      return lab.leave(happens.pick)
  }
}

async function play(lab: Lab, story: readonly (readonly [Action, number])[]): Promise<void> {
  const tasks: LabTask[] = []
  const broadcasts: LabBroadcast[] = []
  for (const [happens, deliveries] of story) {
    perform(lab, happens, tasks, broadcasts)
    await lab.deliver(deliveries)
  }
  for (const { result } of tasks) await lab.pump(result.wait())
  for (const { result, value } of tasks) {
    if (result.status === 'succeeded') expect(await lab.pump(result.get())).toBe(value * 2)
  }
  const faults = tasks.flatMap((task) => [...task.faults(lab)])
  for (const broadcast of broadcasts) faults.push(...(await broadcast.faults(lab)))
  if (faults.length > 0) throw new Error(faults.join('\n'))
  await becomesIdle(lab, await lab.settled())
  await lab.stop()
}

/** The engines that should be there are, and nothing is left at any. */
async function becomesIdle(lab: Lab, engines: number): Promise<void> {
  const until = lab.clock.now() + 60_000
  for (;;) {
    const { waiting, ready, assigned, running, engines: present } = await lab.pump(lab.client.queueStatus())
    const loads = present.map(({ load, direct }) => load + direct)
    const isIdle = waiting + ready + assigned + running === 0 && loads.every((load) => load === 0)
    if (isIdle && loads.length === engines) return
    if (lab.clock.now() > until) {
      throw new Error(`${JSON.stringify({ waiting, ready, assigned, running, loads })}, of ${engines} idle engines`)
    }
    await lab.deliver(10)
    lab.clock.advance(50)
  }
}

/** Both are printed where it fails: `PROPERTY_SEED=… PROPERTY_RUNS=… npx vitest run test/interleavings` repeats or prolongs it. */
const seed = Number(process.env.PROPERTY_SEED ?? freshSeed())
const numRuns = Number(process.env.PROPERTY_RUNS ?? 100)

test('whatever the order of deliveries, losses and aborts, every task ends once, rightly, and nothing stays behind', {
  timeout: Math.max(60_000, numRuns * 1_000),
}, async () => {
  // XState tells so of what is sent to a machine that has stopped.
  const warn = vi.spyOn(console, 'warn')
  const property = fc.asyncProperty(fc.scheduler(), actions, async (deliveries, story) => {
    const lab = new Lab(deliveries)
    shareWith(lab)
    await lab.start(2)
    try {
      await play(lab, story)
      expect(warn).not.toHaveBeenCalled()
    } catch (error) {
      warn.mockClear()
      throw new Error(`${error instanceof Error ? error.message : error}\n${lab.story.join('\n')}`)
    }
  })
  await fc.assert(property, { seed, numRuns })
})
