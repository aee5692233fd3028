import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createScheduler, strategy } from 'yardmaster/scheduler'
import {
  enumerateFates,
  foresee,
  type GraphNode,
  histories,
  type InvariantCheck,
  invariantChecks,
  Observer,
  playHistory,
} from 'yardmaster/testing'

// From here on docs/TESTING.md shows it.

/** Of two drawn at random, the one that was used less recently. */
const mine = strategy('mine', (_task, engines) => {
  const [first = engines.at(0), second = first] = engines.sample(2)
  return second.lastUsed < first.lastUsed ? second : first
})

/** A rule of one's own: a task that failed somewhere is not sent there again at once while another engine is idle. */
const retriesMove: InvariantCheck = {
  number: 101,
  sentence: 'a retry does not go where the task failed last while another engine is idle',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'assign') return
    const task = ledger.tasks.get(effect.task.id)
    const last = task?.attempts.at(-1)
    if (task === undefined || last?.outcome !== 'failed' || last.engine !== effect.engine) return
    // Tasks that are bound to places, or were refused somewhere, may have no choice.
    if (task.spec.targets?.length || task.dependencies.length > 0 || task.refusedBy.size > 0) return
    const untried = [...ledger.engines.values()].find(
      ({ id, stage, attempts }) =>
        stage === 'serving' && attempts.size === 0 && task.attempts.every(({ engine }) => engine !== id),
    )
    if (untried !== undefined)
      yield `${task.id} failed at engine ${effect.engine} and goes there again, not to ${untried.id}`
  },
}

test('no history breaks a rule', () => {
  fc.assert(
    fc.property(histories(fc, { strategies: [mine, 'leastload'] }), (history) => {
      playHistory(history, { checks: [...invariantChecks, retriesMove] })
    }),
  )
})

test('a driver of one’s own, under observation', () => {
  const observer = new Observer(createScheduler({ strategy: mine, hwm: 1 }))
  observer.step({ type: 'engineJoined', engine: 0 }, 0)
  observer.step({ type: 'engineLeft', engine: 0, reason: 'unplugged' }, 5)
  observer.end()
  expect(observer.story).toEqual(['at 0: engine 0 joins → nothing', 'at 5: engine 0 is lost → nothing'])
})

test('a graph ends as foreseen', () => {
  const success = (...ids: string[]) => [{ ids, all: true, success: true, failure: false }]
  const anyEnd = (...ids: string[]) => [{ ids, all: true, success: true, failure: true }]
  const nodes: GraphNode[] = [
    { id: 'load', retries: 1, behaviour: { does: 'fail', times: 1 } },
    { id: 'fit', after: success('load'), behaviour: { does: 'refuse', engines: [0, 1] } },
    { id: 'plot', after: success('fit') },
    { id: 'tidy', after: anyEnd('plot'), follow: anyEnd('load') },
  ]
  expect(Object.fromEntries(foresee(nodes, 2))).toEqual({
    load: 'succeeded',
    fit: 'failed',
    plot: 'impossible',
    tidy: 'succeeded',
  })
  expect(enumerateFates(nodes, 2).get('fit')).toEqual(new Set(['failed']))
})

// Up to here.

test('the guide shows this example', () => {
  const [guide, example] = ['../../docs/TESTING.md', 'testing-example.test.ts'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  ) as [string, string]
  const shown = example.slice(example.indexOf('/** Of two'), example.indexOf('// Up to here.')).trim()
  expect(guide).toContain(shown)
  for (const name of ['arbitraries', 'checks', 'oracles']) expect(guide).toContain(name)
})
