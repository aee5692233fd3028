import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskId } from '../../core/ids.ts'
import type { AttemptOutcome, DependencySpec, TaskSpec } from '../../scheduler/events.ts'
import type { StrategyLike } from '../../scheduler/strategies/strategy.ts'
import { strategy } from '../../scheduler/strategies/strategy.ts'
import { id, spec, World } from './world.ts'

/**
 * Random histories. Tasks and engines are picked by small numbers, so that a failure prints as a short list of commands that can be read
 * and replayed, with its seed.
 */
interface DependencyChoice {
  readonly back: readonly number[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean
}
interface TaskChoice {
  readonly after: readonly DependencyChoice[]
  readonly follow: readonly DependencyChoice[]
  readonly targets: readonly number[]
  readonly limits: Partial<TaskSpec>
}
type Command =
  | { readonly do: 'submit'; readonly tasks: readonly TaskChoice[] }
  | { readonly do: 'join'; readonly hwm: number | 'auto' }
  | { readonly do: 'lose' | 'begin' | 'repeat' | 'purge' | 'resubmit'; readonly pick: number }
  | { readonly do: 'end'; readonly pick: number; readonly outcome: AttemptOutcome }
  | { readonly do: 'answer'; readonly pick: number }
  | { readonly do: 'abort'; readonly picks: readonly number[] }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'swap'; readonly pick: number }
  | { readonly do: 'measure'; readonly pick: number; readonly rttMs: number }

const dependency: fc.Arbitrary<DependencyChoice> = fc.record({
  // How many submissions back; below zero is one of the future, 90 never was.
  back: fc.array(fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.constantFrom(-1, 0, 90)), {
    maxLength: 3,
  }),
  all: fc.boolean(),
  success: fc.boolean(),
  failure: fc.boolean(),
})

const few = <T>(arbitrary: fc.Arbitrary<T>, most: number) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<T[]>([]) }, fc.array(arbitrary, { maxLength: most }))

const task: fc.Arbitrary<TaskChoice> = fc.record({
  after: few(dependency, 2),
  follow: few(dependency, 2),
  targets: few(fc.integer({ min: 0, max: 5 }), 3),
  limits: fc.record(
    {
      retries: fc.integer({ min: 0, max: 3 }),
      queueTimeoutMs: fc.integer({ min: 1, max: 20 }),
      priority: fc.integer({ min: -1, max: 1 }),
      retryOnEngineLoss: fc.boolean(),
      onUnmet: fc.constantFrom('fail', 'wait'),
    },
    { requiredKeys: [] },
  ),
})

const pick = fc.nat(9)
const outcome = fc.constantFrom<AttemptOutcome>(
  'succeeded',
  'succeeded',
  'failed',
  'unmet',
  'aborted',
  'timedOut',
  'recalled',
  'lost',
)
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('submit' as const), tasks: fc.array(task, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('join' as const), hwm: fc.constantFrom(1, 2, 0, 'auto' as const) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), pick, outcome }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('lose' as const, 'repeat' as const, 'purge' as const, 'resubmit' as const),
      pick,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), picks: fc.array(pick, { maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('swap' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('measure' as const), pick, rttMs: fc.constantFrom(0.1, 5, 100) }),
  },
)

const thief = strategy('thief', {
  start: () => ({ choose: (_task, engines) => engines.leastLoaded(), steal: (_idle, busy) => busy[0] }),
})
const backwards = strategy('backwards', {
  start: () => ({
    choose: (_task, engines, random) => engines.at(random.below(engines.size)),
    rank: (one) => -one.id.length,
  }),
})
const inForce: readonly StrategyLike[] = [
  'leastload',
  'lru',
  'plainrandom',
  'twobin',
  'weighted',
  'pure',
  'powerOf2',
  thief,
  backwards,
]

function play(commands: readonly Command[], world: World): void {
  let submitted = 0
  const nth = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(1, from.length)]
  const name = (n: number): TaskId => id(n)
  const dependencyOf = ({ back, ...flags }: DependencyChoice, self: number): DependencySpec => ({
    ids: back.map((steps) => name(self - steps)),
    ...flags,
  })
  for (const command of commands) {
    switch (command.do) {
      case 'submit': {
        const tasks = command.tasks.map(({ after, follow, targets, limits }) => {
          submitted += 1
          const self = submitted
          return spec(self, {
            after: after.map((one) => dependencyOf(one, self)),
            follow: follow.map((one) => dependencyOf(one, self)),
            targets,
            ...limits,
          })
        })
        world.submit(...tasks)
        break
      }
      case 'join':
        world.join(1, command.hwm)
        break
      case 'lose': {
        const engine = nth([...world.engines.keys()], command.pick)
        if (engine !== undefined) world.lose(engine)
        break
      }
      case 'begin': {
        const attempt = nth(world.outstanding(), command.pick)
        if (attempt !== undefined) world.begin(attempt)
        break
      }
      case 'end': {
        const attempt = nth(world.outstanding(), command.pick)
        if (attempt === undefined) break
        // An engine gives back or refuses only what it has not begun, and ends only what it was asked to.
        if (attempt.begun && command.outcome === 'recalled') break
        if (command.outcome === 'aborted' && attempt.asked !== 'cancel') break
        world.end(attempt, command.outcome)
        break
      }
      case 'answer': {
        const asked = nth(
          world.outstanding().filter((one) => one.asked !== 'nothing'),
          command.pick,
        )
        if (asked === undefined) break
        if (asked.asked === 'cancel') world.end(asked, 'aborted')
        else world.end(asked, asked.begun ? 'succeeded' : 'recalled')
        break
      }
      case 'abort':
        world.abort(...command.picks.map((steps) => name(submitted - steps)))
        break
      case 'purge':
        world.send({ type: 'purge', tasks: [name(submitted - command.pick)] })
        break
      case 'resubmit':
        submitted += 1
        world.resubmit(name(submitted - 1 - command.pick), name(submitted))
        break
      case 'repeat': {
        const news = world.sent.filter((event) => event.type !== 'setStrategy' && event.type !== 'roundTrip')
        const event = news.at(-1 - (command.pick % Math.max(1, news.length)))
        if (event?.type === 'begun' || event?.type === 'ended' || event?.type === 'engineLeft')
          expectNothing(world, event)
        if (event?.type === 'engineJoined') expectNothing(world, event)
        break
      }
      case 'pass':
        world.pass(command.ms)
        break
      case 'swap':
        world.send({ type: 'setStrategy', strategy: nth(inForce, command.pick) ?? 'leastload' })
        break
      case 'measure': {
        const engine = nth([...world.engines.keys()], command.pick)
        if (engine !== undefined) world.send({ type: 'roundTrip', engine, rttMs: command.rttMs })
        break
      }
    }
  }
}

/** What came before has no effect when it comes again, unless it is still the current news of a live attempt. */
function expectNothing(world: World, event: Parameters<World['send']>[0]): void {
  if (event.type === 'begun') {
    const stale = event.tasks.every(({ id: task, attempt }) => world.state.tasks.get(task)?.attempt !== attempt)
    if (!stale) return
  }
  const before = world.assignments.length + world.replies.size
  const effects = world.send(event)
  if (effects.length > 0) throw new Error(`invariant 5: a repeated ${event.type} had effects`)
  expect(world.assignments.length + world.replies.size).toBe(before)
}

const config = fc.record({
  strategy: fc.constantFrom(...inForce),
  seed: fc.integer(),
  hwm: fc.constantFrom(1, 2, 0, 'auto' as const),
  retention: fc.constantFrom({}, { countMax: 3, purgedMax: 100 }, { countMax: 0, purgedMax: 0 }),
})

describe('random histories', () => {
  it('1-24: every step keeps every invariant, and after healing every task has ended exactly once', () => {
    fc.assert(
      fc.property(config, fc.array(command, { maxLength: 60, size: 'max' }), (settings, commands) => {
        const world = new World(settings)
        play(commands, world)
        world.heal()
        expect(world.replies.size).toBe(world.specs.size)
        expect([...world.state.engines.values()].every((engine) => engine.load === 0)).toBe(true)
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 1_000) },
    )
  })

  it('27: the same seed and the same history give the same run', () => {
    fc.assert(
      fc.property(config, fc.array(command, { maxLength: 40, size: 'max' }), (settings, commands) => {
        const runs = [0, 1].map(() => {
          const world = new World(settings)
          play(commands, world)
          return JSON.stringify([world.assignments, [...world.replies]])
        })
        expect(runs[0]).toBe(runs[1])
      }),
      { numRuns: 100 },
    )
  })
})
