/**
 * What every strategy must do, whatever its rule. For one of your own:
 *
 *   strategySuite({ name: 'mine', runner: { describe, test }, strategy: () => mine })
 */
import assert from 'node:assert/strict'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'
import { StrategyWorkload } from './strategy-workload.ts'
import type { SuiteRunner } from './transport-suite.ts'

const seeds = [1, 2, 3, 4, 5]
const allOutcomes = ['succeeded', 'succeeded', 'succeeded', 'failed', 'unmet', 'lost'] as const

function eventful(strategy: StrategyLike, seed: number): StrategyWorkload {
  const load = new StrategyWorkload(strategy, seed)
  load.join(4)
  for (let round = 0; round < 40; round += 1) {
    load.submit(1 + load.random.below(5), () => load.constraints())
    for (let i = load.random.below(6); i > 0; i -= 1) load.endOne(allOutcomes)
    if (round % 9 === 5) {
      const { liveEngines } = load
      load.lose(liveEngines[load.random.below(liveEngines.length)] as number)
      load.join(1)
    }
  }
  load.finish()
  return load
}

const cases = {
  'chooses only among the engines it is offered, and every task ends once': (make) => {
    for (const seed of seeds) eventful(make(), seed)
  },
  'makes the same choices for the same seed': (make) => {
    for (const seed of seeds) assert.deepEqual(eventful(make(), seed).choices, eventful(make(), seed).choices)
  },
  'serves with a single engine, and without a limit': (make) => {
    const load = new StrategyWorkload(make(), 1, { hwm: 0 })
    load.join(1)
    load.submit(20)
    load.finish()
  },
  'serves when tasks come before engines': (make) => {
    const load = new StrategyWorkload(make(), 1)
    load.submit(20)
    load.join(3)
    load.finish()
  },
  'serves tasks of several cores, at engines of different cores and speeds': (make) => {
    for (const seed of seeds) {
      const load = new StrategyWorkload(make(), seed, { hwm: 0 })
      load.join(1, { concurrency: 4 })
      load.join(2, { speed: 2 })
      load.join(1, { concurrency: 2, speed: 0.5 })
      for (let round = 0; round < 20; round += 1) {
        load.submit(1 + load.random.below(4), () => ({ cores: 1 + load.random.below(4), retries: 1 }))
        for (let i = load.random.below(5); i > 0; i -= 1) load.endOne(['succeeded', 'succeeded', 'failed'])
      }
      load.finish()
    }
  },
  'goes on when all engines leave and others come': (make) => {
    const load = new StrategyWorkload(make(), 1)
    load.join(3)
    load.submit(20)
    for (const engine of load.liveEngines) load.lose(engine)
    load.join(2)
    load.finish()
  },
  'can be put in force while tasks wait and run, and be replaced': (make) => {
    const load = new StrategyWorkload('leastload', 1)
    load.join(3)
    load.submit(20)
    load.send({ type: 'setStrategy', strategy: make() })
    for (let i = 0; i < 10; i += 1) load.endOne(allOutcomes)
    load.send({ type: 'setStrategy', strategy: 'leastload' })
    load.finish()
  },
  'two of it do not disturb each other': (make) => {
    const [first, second] = [make(), make()]
    const alone = eventful(first, 1).choices
    const load = new StrategyWorkload(second, 2)
    load.join(3)
    load.submit(7)
    assert.deepEqual(eventful(second, 1).choices, alone)
    load.finish()
  },
} satisfies Record<string, (make: () => StrategyLike) => void>

/** The cases of the suite, by title. */
export type StrategyCase = keyof typeof cases

/** The strategy to test, and with what. */
export interface StrategySuiteOptions {
  readonly name: string
  readonly runner: SuiteRunner
  /** Called once or twice for each case. */
  strategy(): StrategyLike
  /** Cases that this strategy cannot meet, each with the reason. */
  readonly exceptions?: Partial<Record<StrategyCase, string>>
}

/** Declares a test for each rule that every strategy has to keep. */
export function strategySuite({ name, runner, strategy, exceptions = {} }: StrategySuiteOptions): void {
  runner.describe(`strategy ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      const reason = exceptions[title as StrategyCase]
      const body = async () => run(strategy)
      // Left out for the reason that the manifest gives, which is shown.
      if (reason !== undefined) runner.test.skip(`${title} (${reason})`, body)
      else runner.test(title, body)
    }
  })
}
