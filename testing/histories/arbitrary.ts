import type fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { AttemptOutcome } from '../../scheduler/events.ts'
import type { SchedulerConfig } from '../../scheduler/state.ts'
import { type EngineView, type StrategyLike, strategy } from '../../scheduler/strategies/strategy.ts'
import type { Command, DependencyChoice, TaskChoice } from './commands.ts'
import { History } from './history.ts'

/** fast-check, as its default export gives it. It is handed in, so that the kit loads where it is not installed. */
export type FastCheck = typeof fc

/** How long random histories are, and which strategies they use. */
export interface HistoryOptions {
  /** The longest history, in commands. Default 60. */
  readonly commandsMax?: number
  /** What may be in force, at the start and after a swap. Default: of those that come with the scheduler each kind, one that steals, one that ranks and one that lets tasks wait. */
  readonly strategies?: readonly StrategyLike[]
}

/** Histories of one scheduler: everything that clients, engines, links and time can do to it, in any order. */
export function histories(fc: FastCheck, options: HistoryOptions = {}): Arbitrary<History> {
  const { commandsMax = 60, strategies = allStrategies } = options
  const config: Arbitrary<SchedulerConfig> = fc.record({
    strategy: fc.constantFrom(...strategies),
    seed: fc.nat(),
    hwm: fc.constantFrom(1, 2, 0, 'auto' as const),
    engineLossLimit: fc.constantFrom(3, 1, 2),
    retention: fc.constantFrom(
      {},
      {},
      {},
      { countMax: 3, purgedMax: 100 },
      { countMax: 4, purgedMax: 2 },
      { bytesMax: 24, purgedMax: 3 },
      { countMax: 0, purgedMax: 0 },
    ),
    limits: fc.constantFrom(
      {},
      {},
      {},
      {},
      { clientTasksMax: 3 },
      { clientBytesMax: 4_010 },
      { queuedBytesMax: 5_015 },
    ),
  })
  const commands = fc.array(commandArbitrary(fc, strategies), { maxLength: commandsMax, size: 'max' })
  // Left to itself, fast-check prefers short histories, in which little can go wrong.
  const drawn = fc.noBias(fc.tuple(config, fc.nat(3), commands))
  return drawn.map(([settings, engines, list]) => new History(settings, engines, list))
}

function commandArbitrary(fc: FastCheck, strategies: readonly StrategyLike[]): Arbitrary<Command> {
  const pick = fc.nat(9)
  const outcome = fc.constantFrom(...outcomes)
  const anyOutcome = fc.constantFrom(...outcomes, 'aborted' as const)
  const simple = <Do extends string>(name: Do) => fc.record({ do: fc.constant(name), pick })
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant('submit' as const),
        tasks: fc.array(taskArbitrary(fc), { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('broadcast' as const),
        picks: fc.array(pick, { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('join' as const), hwm: fc.constantFrom(1, 2, 0, 'auto' as const) }),
    },
    {
      weight: 24,
      arbitrary: fc.record({
        do: fc.constant('finish' as const),
        pick,
        count: fc.integer({ min: 1, max: 3 }),
        outcome,
      }),
    },
    { weight: 6, arbitrary: simple('answer' as const) },
    { weight: 5, arbitrary: simple('begin' as const) },
    { weight: 2, arbitrary: simple('lose' as const) },
    { weight: 2, arbitrary: simple('drain' as const) },
    { weight: 1, arbitrary: simple('giveBack' as const) },
    { weight: 1, arbitrary: simple('purge' as const) },
    { weight: 2, arbitrary: simple('resubmit' as const) },
    { weight: 2, arbitrary: simple('repeat' as const) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('abort' as const),
        picks: fc.array(pick, { maxLength: 2 }),
        isForeign: fc.nat(5).map((n) => n === 5),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('late' as const),
        pick,
        how: fc.constantFrom(...lateness),
        outcome: anyOutcome,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('swap' as const), strategy: fc.constantFrom(...strategies) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('measure' as const), pick, rttMs: fc.constantFrom(0.1, 5, 100) }),
    },
  )
}

function taskArbitrary(fc: FastCheck): Arbitrary<TaskChoice> {
  const few = <T>(arbitrary: Arbitrary<T>, most: number, weight: number) =>
    fc.oneof({ weight, arbitrary: fc.constant<T[]>([]) }, fc.array(arbitrary, { maxLength: most }))
  return fc.record({
    after: few(dependencyArbitrary(fc), 2, 1),
    follow: few(dependencyArbitrary(fc), 2, 2),
    targets: few(fc.integer({ min: 0, max: 5 }), 3, 3),
    direct: fc.option(fc.nat(9), { nil: undefined, freq: 5 }),
    limits: fc.record(
      {
        retries: fc.integer({ min: 0, max: 3 }),
        queueTimeoutMs: fc.constantFrom(0, 0, 0, 3, 9, 20),
        priority: fc.integer({ min: -1, max: 1 }),
        retryOnEngineLoss: fc.boolean(),
        onUnmet: fc.constantFrom('fail' as const, 'wait' as const),
        label: fc.constantFrom('fit', 'plot'),
      },
      { requiredKeys: [] },
    ),
  })
}

function dependencyArbitrary(fc: FastCheck): Arbitrary<DependencyChoice> {
  const earlier = { weight: 40, arbitrary: fc.integer({ min: 1, max: 5 }) }
  const back = fc.array(fc.oneof(earlier, fc.constantFrom(-1, -2, 0, 90)), { maxLength: 3 })
  return fc
    .tuple(back, fc.boolean(), fc.constantFrom(...asked))
    .map(([steps, all, [success, failure]]) => ({ back: steps, all, success, failure }))
}

/** Success and failure. */
const asked: readonly (readonly [boolean, boolean])[] = [
  [true, false],
  [true, false],
  [true, false],
  [true, false],
  [true, false],
  [true, true],
  [true, true],
  [true, true],
  [true, true],
  [false, true],
  [false, true],
  [false, false],
]

const outcomes: readonly AttemptOutcome[] = [
  'succeeded',
  'succeeded',
  'succeeded',
  'succeeded',
  'succeeded',
  'failed',
  'failed',
  'unmet',
  'timedOut',
  'recalled',
  'lost',
]

const lateness = ['lostEngine', 'otherEngine', 'earlierAttempt', 'laterAttempt'] as const

const thief = strategy('thief', {
  start: () => ({ choose: (_task, engines) => engines.leastLoaded(), steal: (_idle, busy) => busy[0] }),
})
const backwards = strategy('backwards', {
  start: () => ({
    choose: (_task, engines, random) => engines.at(random.below(engines.size)),
    rank: (task) => -task.id.length,
  }),
})
/** Lets tasks wait, as it is drawn, while anything is under way. */
const fickle = strategy('fickle', {
  start() {
    const known = new Set<EngineView>()
    return {
      choose(_task, engines, random) {
        const isAnyBusy = [...known].some(({ load }) => load > 0)
        const drawn = isAnyBusy ? random.below(4) : 3
        if (drawn === 0) return 'hold'
        return drawn === 1 ? 'pass' : engines.at(random.below(engines.size))
      },
      engineJoined: (engine) => void known.add(engine),
      engineLeft: (engine) => void known.delete(engine),
    }
  },
})
const allStrategies: readonly StrategyLike[] = [
  'leastload',
  'lru',
  'plainrandom',
  'twobin',
  'weighted',
  'pure',
  'powerOf2',
  thief,
  backwards,
  fickle,
  'lateBinding',
  'fcfs',
  'srpt',
  'easy',
  'conservative',
  'workStealing',
]
