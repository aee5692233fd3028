/** A scheduler that takes over from another what a store would have kept of it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endBytes, functionBytes, keys, readSaved, taskBytes } from '../../cluster/stored-tasks.ts'
import { KnownFunction, type TaskBody } from '../../cluster/task-body.ts'
import type { FunctionHash, SessionId, TaskId } from '../../core/ids.ts'
import { encodeValue } from '../../core/payload.ts'
import type { Effect, HighWaterMark, SchedulerEvent, TaskSpec } from '../../scheduler/events.ts'
import { validate } from '../../scheduler/invariants.ts'
import { createScheduler, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import { isTerminal } from '../../scheduler/transitions.ts'

const session = 's'.repeat(21) as SessionId
const body: TaskBody = {
  function: new KnownFunction({ hash: 'f'.repeat(64) as FunctionHash, payload: encodeValue('function') }),
  call: 'once',
  args: encodeValue([1]),
}
const idOf = (n: number) => `${session}.${n}` as TaskId

interface Choice {
  readonly after: readonly number[]
  readonly success: boolean
  readonly isFollow: boolean
  readonly target: number
  readonly priority: number
  readonly kind: 'plain' | 'direct' | 'once'
}

const choice: fc.Arbitrary<Choice> = fc.record({
  after: fc.array(fc.nat(30), { maxLength: 3 }),
  success: fc.boolean(),
  isFollow: fc.boolean(),
  target: fc.integer({ min: -4, max: 3 }),
  priority: fc.nat(2),
  kind: fc.constantFrom('plain', 'plain', 'plain', 'direct', 'once'),
})

function specOf({ after, success, isFollow, target, priority, kind }: Choice, n: number): TaskSpec {
  const id = idOf(n)
  if (kind === 'direct') return { id, client: session, body, direct: true, targets: [Math.max(0, target)] }
  const ids = after.filter((other) => other < n).map(idOf)
  const dependencies = ids.length > 0 ? [{ ids, all: true, success, failure: true }] : undefined
  return {
    id,
    client: session,
    body,
    ...(isFollow ? { follow: dependencies } : { after: dependencies }),
    targets: target >= 0 ? [target] : [],
    priority,
    retryOnEngineLoss: kind !== 'once',
  }
}

/** A scheduler and what has come of it. */
class Run {
  readonly state: SchedulerState
  readonly ended: TaskId[] = []
  now = 0

  constructor(hwm: HighWaterMark = 2) {
    this.state = createScheduler({ hwm, retention: { countMax: 20 } })
  }

  tell(event: SchedulerEvent): readonly Effect[] {
    this.now += 1
    const effects = step(this.state, event, this.now)
    for (const effect of effects) if (effect.type === 'end') this.ended.push(effect.task.id)
    expect(validate(this.state)).toEqual([])
    return effects
  }

  /** Ends one of those that are at engines, as `random` says. */
  endOne(random: number, outcome: 'succeeded' | 'failed'): boolean {
    const at = this.atEngines
    const task = at[random % Math.max(1, at.length)]
    if (task === undefined) return false
    const result = { id: task.id, attempt: task.attempt, outcome, durationMs: 1, output: encodeValue(task.id) }
    this.tell({ type: 'ended', engine: task.engine, results: [result] })
    return true
  }

  get atEngines() {
    return [...this.state.tasks].filter(({ status }) => status === 'assigned' || status === 'running')
  }

  stored(): [string, Uint8Array][] {
    const entries: [string, Uint8Array][] = [[keys.function(body.function.hash), functionBytes(body.function)]]
    for (const task of this.state.tasks) {
      if (!task.purged) entries.push([keys.task(task.id), taskBytes(task, task.sequence, 0)])
      if (isTerminal(task.status)) entries.push([keys.end(task.id), endBytes(task, task.sequence, 0)])
    }
    return entries
  }
}

it('what had ended stays so, what an engine holds goes on there, and everything else ends too', () => {
  const chance = fc.record({
    hwm: fc.constantFrom<HighWaterMark>(1, 2, 0, 'auto'),
    choices: fc.array(choice, { minLength: 1, maxLength: 40 }),
    ends: fc.array(fc.tuple(fc.nat(), fc.constantFrom('succeeded', 'failed')), { maxLength: 60 }),
    back: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    isHeld: fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
  })
  fc.assert(
    fc.property(chance, ({ hwm, choices, ends, back, isHeld }) => {
      const before = new Run(hwm)
      for (let engine = 0; engine < 4; engine += 1) before.tell({ type: 'engineJoined', engine })
      for (const [n, one] of choices.entries()) {
        before.tell({ type: 'submit', tasks: [specOf(one, n)] })
        const end = ends[n]
        if (end) before.endOne(...end)
      }
      const saved = readSaved(before.stored())
      const after = new Run(hwm)
      after.now = before.now
      back.forEach((isBack, engine) => {
        if (isBack) after.tell({ type: 'engineJoined', engine })
      })
      const held = new Map<TaskId, { engine: number; attempt: number }>()
      for (const { id, engine, attempt } of before.atEngines) {
        if (back[engine] && isHeld.next().value !== 0) held.set(id, { engine, attempt })
      }
      const effects = after.tell({
        type: 'restore',
        nextEngine: 4,
        tasks: saved.tasks.map((task) => ({ ...task, held: held.get(task.spec.id) })),
      })
      for (const { id, status, output, purged } of before.state.tasks) {
        const now = after.state.tasks.get(id)
        if (isTerminal(status)) {
          expect([now?.status, now?.purged, now?.output]).toEqual([status, purged, output])
          expect(after.ended).not.toContain(id)
        }
      }
      for (const [id, { engine, attempt }] of held) {
        expect(after.state.tasks.get(id)).toMatchObject({ status: 'assigned', engine, attempt })
        expect(effects.filter((effect) => effect.type === 'assign' && effect.task.id === id)).toEqual([])
      }
      after.tell({ type: 'engineJoined', engine: 4 })
      for (let i = 0; after.endOne(i, 'succeeded'); i += 1);
      const live = [...after.state.tasks].filter(({ status }) => !isTerminal(status))
      expect(live.map(({ id }) => id)).toEqual([])
      expect(new Set(after.ended).size).toBe(after.ended.length)
    }),
    { numRuns: 300 },
  )
})

it('one that must not run twice ends where its engine does not come back, and runs where it was not sent', () => {
  const run = new Run()
  run.tell({ type: 'engineJoined', engine: 1 })
  const spec = (n: number): TaskSpec => ({ id: idOf(n), client: session, body, retryOnEngineLoss: false })
  const effects = run.tell({
    type: 'restore',
    nextEngine: 2,
    tasks: [
      { spec: spec(0), submittedAt: 0, sentTo: 0 },
      { spec: spec(1), submittedAt: 0, sentTo: 1 },
      { spec: spec(2), submittedAt: 0 },
      { spec: spec(3), submittedAt: 0, sentTo: 1, held: { engine: 1, attempt: 1 } },
    ],
  })
  expect(run.state.tasks.get(idOf(0))?.fault).toMatchObject({ code: 'YM_ENGINE_LOST', message: /must not run twice/ })
  expect(effects.flatMap((effect) => (effect.type === 'assign' ? effect.task.id : []))).toEqual([idOf(1)])
  expect(run.state.tasks.get(idOf(2))?.status).toBe('ready')
  expect(run.state.tasks.get(idOf(3))).toMatchObject({ status: 'assigned', attempt: 1 })
})

it('what an engine holds may be more than its mark, which is measured anew', () => {
  const run = new Run('auto')
  run.tell({ type: 'engineJoined', engine: 0 })
  run.tell({ type: 'engineJoined', engine: 1 })
  const held = (n: number) => (n < 6 ? { engine: 0, attempt: 1 } : undefined)
  run.tell({
    type: 'restore',
    nextEngine: 2,
    tasks: Array.from({ length: 12 }, (_, n) => ({
      spec: { id: idOf(n), client: session, body },
      submittedAt: 0,
      held: held(n),
    })),
  })
  for (let i = 0; run.endOne(i, 'succeeded'); i += 1);
  expect(run.ended).toHaveLength(12)
})

it('a queue timeout counts from the submission', () => {
  const run = new Run()
  run.now = 100
  run.tell({
    type: 'restore',
    nextEngine: 0,
    tasks: [{ spec: { id: idOf(0), client: session, body, queueTimeoutMs: 50 }, submittedAt: 10 }],
  })
  run.tell({ type: 'tick' })
  expect(run.state.tasks.get(idOf(0))?.status).toBe('timedOut')
})

it('what an engine holds beyond its mark is tried again under a number that it has not seen', () => {
  const state = createScheduler({ hwm: 1 })
  for (const engine of [0, 1]) step(state, { type: 'engineJoined', engine }, 0)
  const tasks = [0, 1].map((n) => ({
    spec: { id: idOf(n), client: session, body },
    submittedAt: 0,
    held: { engine: 0, attempt: 3 },
  }))
  const effects = step(state, { type: 'restore', tasks, nextEngine: 2 }, 1)
  expect(effects.map((effect) => effect.type === 'assign' && [effect.task.id, effect.engine, effect.attempt])).toEqual([
    [idOf(1), 1, 4],
  ])
  expect(validate(state)).toEqual([])
})

it('what must not run twice is not taken back, whatever is beyond the mark', () => {
  const run = new Run(1)
  for (const engine of [0, 1]) run.tell({ type: 'engineJoined', engine })
  const tasks = [true, false, false].map((retryOnEngineLoss, n) => ({
    spec: { id: idOf(n), client: session, body, retryOnEngineLoss },
    submittedAt: 0,
    sentTo: retryOnEngineLoss ? undefined : 0,
    held: { engine: 0, attempt: 1 },
  }))
  const effects = run.tell({ type: 'restore', tasks, nextEngine: 2 })
  expect(effects.flatMap((effect) => (effect.type === 'assign' ? effect.task.id : []))).toEqual([idOf(0)])
  for (const n of [1, 2])
    expect(run.state.tasks.get(idOf(n))).toMatchObject({ status: 'assigned', engine: 0, attempt: 1 })
  for (let i = 0; run.endOne(i, 'succeeded'); i += 1);
  expect(run.ended).toHaveLength(3)
})

it('what has ended and is too much to remember is forgotten when those that came after it have looked at it', () => {
  const state = createScheduler({ retention: { countMax: 0, purgedMax: 1 } })
  const end = { attempt: 1, engine: 0, startedAt: 0, durationMs: 1, outputBytes: 0, purged: true }
  const ended = [0, 1, 2].map((n) => ({
    spec: { id: idOf(n), client: session, body: undefined },
    submittedAt: 0,
    end: { ...end, status: 'succeeded' as const, endedAt: n },
  }))
  const after = [{ ids: [0, 1, 2].map(idOf), all: true, success: true, failure: false }]
  const waiting = { spec: { id: idOf(3), client: session, body, after }, submittedAt: 0 }
  step(state, { type: 'restore', tasks: [...ended, waiting], nextEngine: 1 }, 5)
  expect(state.tasks.get(idOf(3))?.status).toBe('ready')
  expect([0, 1, 2].map((n) => state.tasks.has(idOf(n)))).toEqual([false, false, true])
  expect(validate(state)).toEqual([])
})
