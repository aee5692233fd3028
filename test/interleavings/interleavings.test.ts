import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { AsyncResult } from '../../views/async-result.ts'
import { Lab } from './lab.ts'

/** What can happen, each followed by some deliveries. */
type Action =
  | { readonly do: 'submit'; readonly kind: Kind; readonly count: number }
  | { readonly do: 'abort'; readonly pick: number }
  | { readonly do: 'cut'; readonly whom: 'engine 0' | 'engine 1' | 'client' }
  | { readonly do: 'pass'; readonly ms: number }

type Kind = 'succeed' | 'fail' | 'retry' | 'once' | 'after' | 'wait'

const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      kind: fc.constantFrom<Kind>('succeed', 'fail', 'retry', 'once', 'after', 'wait'),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), pick: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      whom: fc.constantFrom('engine 0' as const, 'engine 1' as const, 'client' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 200 }) }) },
)
const story = fc.array(fc.tuple(action, fc.nat(12)), { minLength: 3, maxLength: 14 })

interface Submitted {
  readonly kind: Kind
  readonly value: number
  readonly result: AsyncResult<number>
  isAborted: boolean
}

/** How often each task began. The engines are in this thread, so that its tasks can count here. */
const begun = new Map<number, number>()
Object.assign(globalThis, { interleavingsBegun: begun })

function work(kind: string, value: number): number | Promise<number> {
  const counts = Reflect.get(globalThis, 'interleavingsBegun') as Map<number, number>
  const times = (counts.get(value) ?? 0) + 1
  counts.set(value, times)
  if (kind === 'fail' || (kind === 'retry' && times < 2)) throw new RangeError(`no ${value}`)
  return kind === 'wait' ? Promise.resolve().then(() => value * 2) : value * 2
}

function submit(lab: Lab, kind: Kind, value: number, earlier: readonly Submitted[]): Submitted {
  const view = lab.client.loadBalancedView()
  const after = earlier.filter((one) => one.kind === 'succeed').slice(-2)
  const flagged = {
    succeed: view,
    wait: view,
    fail: view.with({ retries: 1 }),
    retry: view.with({ retries: 3 }),
    once: view.with({ retryOnEngineLoss: false }),
    after: view.with({ after: after.map((one) => one.result) }),
  }[kind]
  const result = flagged.apply(work, kind, value) as AsyncResult<number>
  result.catch(() => {})
  return { kind, value, result, isAborted: false }
}

/** Why this end cannot be, or nothing. */
function wrongEnd({ kind, value, result, isAborted }: Submitted, cuts: number, others: readonly Submitted[]) {
  const { error, status } = result
  const code = error && 'code' in error ? error.code : undefined
  const anyAborted = others.some((one) => one.isAborted)
  if (status === 'succeeded') return kind === 'fail' ? 'it must fail' : undefined
  if (code === 'YM_ABORTED' && isAborted) return undefined
  if (code === 'YM_ENGINE_LOST' && (cuts >= 3 || (kind === 'once' && cuts > 0))) return undefined
  if (code === 'YM_UNKNOWN_TASK' && kind === 'once' && cuts > 0) return undefined
  if (code === 'YM_IMPOSSIBLE_DEPENDENCY' && kind === 'after' && (anyAborted || cuts >= 3)) return undefined
  if (kind === 'fail' && error?.message.includes(`no ${value}`)) return undefined
  return `${kind} ended as ${status} with ${code}: ${error?.message}`
}

async function play(lab: Lab, actions: readonly (readonly [Action, number])[]): Promise<void> {
  const all: Submitted[] = []
  let cuts = 0
  for (const [happens, deliveries] of actions) {
    switch (happens.do) {
      case 'submit':
        for (let i = 0; i < happens.count; i += 1) all.push(submit(lab, happens.kind, all.length, all))
        break
      case 'abort': {
        const one = all[happens.pick % Math.max(1, all.length)]
        if (one === undefined) break
        one.isAborted = true
        one.result.abort()
        break
      }
      case 'cut':
        cuts += 1
        if (happens.whom === 'client') lab.cutClient()
        else lab.cutEngine(Number(happens.whom.at(-1)))
        break
      case 'pass':
        lab.clock.advance(happens.ms)
    }
    await lab.deliver(deliveries)
  }
  for (const one of all) await lab.pump(one.result.wait())
  const ids = all.flatMap((one) => one.result.ids)
  const wrong = all.map((one) => wrongEnd(one, cuts, all)).filter((why) => why !== undefined)
  expect(wrong).toEqual([])
  for (const { result, kind, value } of all) {
    if (result.status === 'succeeded') expect(await lab.pump(result.get())).toBe(value * 2)
    if (kind === 'once') expect(begun.get(value) ?? 0).toBeLessThanOrEqual(1)
  }
  expect(new Set(ids).size).toBe(all.length)
  const back = async () => {
    for (;;) {
      const status = await lab.pump(lab.client.queueStatus())
      if (status.engines.length === 2) return status
      await lab.deliver(10)
      lab.clock.advance(10)
    }
  }
  expect(await back()).toMatchObject({
    waiting: 0,
    ready: 0,
    assigned: 0,
    running: 0,
    engines: [{ load: 0 }, { load: 0 }],
  })
}

test('whatever the order of deliveries and losses, every task ends once, rightly, the engines come back, and nothing stays behind', async () => {
  // XState tells so of what is sent to a machine that has stopped.
  const warn = vi.spyOn(console, 'warn')
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), story, async (deliveries, actions) => {
      begun.clear()
      const lab = new Lab(deliveries)
      await lab.start(2)
      await play(lab, actions)
      await lab.stop()
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 60), interruptAfterTimeLimit: 300_000 },
  )
  expect(warn).not.toHaveBeenCalled()
})
