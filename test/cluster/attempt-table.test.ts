import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttemptTable } from '../../cluster/attempt-table.ts'
import type { ExecutorFactory, ExecutorHandlers } from '../../cluster/executor.ts'
import type { ClaimTable } from '../../cluster/executors/claims.ts'
import { noLimit } from '../../core/capacity.ts'
import type { FunctionHash, TaskId } from '../../core/ids.ts'
import type { AttemptEnd, EngineToController, EngineToExecutor } from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

type Run = Extract<EngineToExecutor, { type: 'run' }>['tasks'][number]

/** An executor that begins and ends tasks when the test says so. */
class PuppetExecutor {
  readonly claims: ClaimTable
  readonly handlers: ExecutorHandlers
  readonly queue: Run[] = []
  readonly begun: Run[] = []
  readonly signalled: number[] = []
  /** Said, but still on its way. */
  readonly unheard: Run[] = []
  functions = 0
  ended = false

  constructor(claims: ClaimTable, handlers: ExecutorHandlers) {
    this.claims = claims
    this.handlers = handlers
  }

  receive(message: EngineToExecutor): void {
    if (message.type === 'run') {
      this.queue.push(...message.tasks)
      this.functions += message.functions.length
    }
    if (message.type === 'signal') this.signalled.push(...message.sequences)
  }

  /** Takes the next task that was not taken back, of either kind or of one; undefined where there is none. */
  beginNext(wallTime: number, direct?: boolean): Run | undefined {
    for (;;) {
      const next = this.queue.findIndex((task) => direct === undefined || (task.direct ?? false) === direct)
      const [task] = next < 0 ? [] : this.queue.splice(next, 1)
      if (task === undefined) return undefined
      if (!this.claims.begin(task.sequence)) continue
      this.claims.called(task.sequence, wallTime)
      this.begun.push(task)
      return task
    }
  }

  finish(task: Run, outcome: 'succeeded' | 'failed' | 'aborted' = 'succeeded'): void {
    this.begun.splice(this.begun.indexOf(task), 1)
    const { sequence } = task
    this.claims.end(sequence)
    this.handlers.onMessage({ type: 'done', results: [{ sequence, outcome, durationMs: 1 }] })
  }
}

function setUp() {
  const clock = new VirtualClock()
  const executors: PuppetExecutor[] = []
  const reports: EngineToController[] = []
  const factory: ExecutorFactory = {
    kind: 'thread',
    start({ claims }, handlers) {
      const puppet = new PuppetExecutor(claims, handlers)
      executors.push(puppet)
      return {
        send: (message) => puppet.receive(message),
        hearOut: () => {
          for (const task of puppet.unheard.splice(0)) puppet.finish(task)
        },
        async end() {
          puppet.ended = true
        },
      }
    },
  }
  const hopeless: string[] = []
  const table = new AttemptTable({
    executors: factory,
    concurrency: 1,
    engine: 0,
    capacity: noLimit,
    clock,
    report: (message) => reports.push(message),
    onHopeless: (reason) => hopeless.push(reason),
  })
  const present = () => executors.at(-1) as PuppetExecutor
  const ready = () => present().handlers.onMessage({ type: 'ready' })
  ready()
  let sent = false
  return {
    clock,
    table,
    executors,
    reports,
    hopeless,
    present,
    ready,
    ends: () => reports.flatMap((report): AttemptEnd[] => (report.type === 'ended' ? report.results : [])),
    begunReports: () => reports.flatMap((report) => (report.type === 'begun' ? report.tasks.map(({ id }) => id) : [])),
    take(ids: readonly string[], options: { runTimeoutMs?: number; direct?: true } = {}) {
      const tasks = ids.map((id) => ({
        id: id as TaskId,
        attempt: 1,
        function: hash,
        call: 'once' as const,
        args,
        ...options,
      }))
      table.take({ type: 'tasks', tasks, functions: sent ? [] : [{ hash, payload: args }] })
      sent = true
    },
  }
}

const hash = 'f'.repeat(22) as FunctionHash
const args = encodeValue([])
const ref = (id: string) => ({ id: id as TaskId, attempt: 1 })

describe('AttemptTable', () => {
  it('gives back what has not begun, at once, and says of the rest that it has', () => {
    const { table, take, present, ends, begunReports, clock } = setUp()
    take(['a', 'b', 'c'])
    present().beginNext(clock.wallTime())
    table.recall([ref('a'), ref('c')])
    expect(ends()).toMatchObject([{ id: 'c', outcome: 'recalled' }])
    expect(begunReports()).toEqual(['a'])
    expect(present().beginNext(0)?.id).toBe('b')
    expect(present().beginNext(0)).toBeUndefined()
  })

  it('signals a running task, and replaces its executor when the grace period is over; others move along', () => {
    const { table, take, present, ready, ends, clock, executors } = setUp()
    take(['a', 'b'])
    const a = present().beginNext(clock.wallTime())
    table.cancel([ref('a')], 1_000)
    expect(present().signalled).toEqual([a?.sequence])
    clock.advance(990)
    expect(executors).toHaveLength(1)
    clock.advance(30)
    expect(executors).toHaveLength(2)
    expect(executors[0]?.ended).toBe(true)
    expect(ends()).toMatchObject([{ id: 'a', outcome: 'aborted' }])
    ready()
    const b = present().beginNext(clock.wallTime())
    expect(b?.id).toBe('b')
    expect(present().functions).toBe(1)
    if (b) present().finish(b)
    expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'aborted'],
      ['b', 'succeeded'],
    ])
  })

  it('ends an attempt that runs longer than its run timeout, and only that one', () => {
    const { take, present, ends, clock } = setUp()
    take(['slow'], { runTimeoutMs: 200 })
    take(['next'])
    clock.advance(1_000)
    expect(ends()).toEqual([])
    present().beginNext(clock.wallTime())
    clock.advance(190)
    expect(ends()).toEqual([])
    clock.advance(40)
    expect(ends()).toMatchObject([{ id: 'slow', outcome: 'timedOut' }])
  })

  it('what ended in time is not judged by how late its word comes', () => {
    const { take, present, ends, clock, executors } = setUp()
    take(['ended', 'still'], { runTimeoutMs: 200 })
    const first = present().beginNext(clock.wallTime())
    if (first) present().claims.end(first.sequence)
    clock.advance(1_000)
    expect(ends()).toEqual([])
    if (first) present().finish(first)
    present().beginNext(clock.wallTime())
    expect(ends()).toMatchObject([{ id: 'ended', outcome: 'succeeded' }])
    clock.advance(1_000)
    expect(ends()[1]).toMatchObject({ id: 'still', outcome: 'timedOut' })
    expect(executors).toHaveLength(2)
  })

  it('before anything is ended by force, all that the executor has said is heard', () => {
    const { take, present, ends, clock, executors } = setUp()
    take(['done', 'stuck'], { runTimeoutMs: 200 })
    const done = present().beginNext(clock.wallTime())
    if (done) present().unheard.push(done)
    present().beginNext(clock.wallTime())
    clock.advance(250)
    expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
      ['done', 'succeeded'],
      ['stuck', 'timedOut'],
    ])
    expect(executors).toHaveLength(2)
  })

  it('a jump of the wall clock ends nobody', () => {
    const { take, present, ends, clock } = setUp()
    take(['a'], { runTimeoutMs: 10_000 })
    present().beginNext(clock.wallTime())
    clock.advance(100)
    const { wallTime } = clock
    clock.wallTime = () => wallTime.call(clock) + 3_600_000
    clock.advance(100)
    expect(ends()).toEqual([])
    clock.advance(10_000)
    expect(ends()).toMatchObject([{ outcome: 'timedOut' }])
  })

  it('a task whose modules are being loaded has begun: it can be ended by force, and its run timeout waits', () => {
    const { table, take, present, ends, clock, begunReports } = setUp()
    take(['a'], { runTimeoutMs: 100 })
    const [loading] = present().queue
    if (loading) present().claims.begin(loading.sequence)
    clock.advance(1_000)
    expect(begunReports()).toEqual(['a'])
    expect(ends()).toEqual([])
    table.cancel([ref('a')], 50)
    clock.advance(100)
    expect(ends()).toMatchObject([{ id: 'a', outcome: 'aborted' }])
  })

  it('reports what was running as lost when the executor dies, and runs the rest on a new one', () => {
    const { take, present, ready, ends, clock } = setUp()
    take(['a', 'b'])
    present().beginNext(clock.wallTime())
    present().handlers.onDeath('out of memory')
    expect(ends()).toMatchObject([{ id: 'a', outcome: 'lost' }])
    ready()
    expect(present().beginNext(0)?.id).toBe('b')
  })

  it('an interrupt signals all that has begun, and aborts it after the grace period; nothing else suffers', () => {
    const { table, take, present, ready, ends, clock, executors } = setUp()
    take(['a', 'b', 'c'])
    take(['d', 'e'], { direct: true })
    const running = [present().beginNext(0, false), present().beginNext(0, false), present().beginNext(0, true)]
    table.interrupt(1_000)
    expect(present().signalled).toEqual(running.map((task) => task?.sequence))
    if (running[0]) present().finish(running[0])
    if (running[1]) present().finish(running[1], 'failed')
    clock.advance(990)
    expect(executors).toHaveLength(1)
    clock.advance(30)
    ready()
    expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'succeeded'],
      ['b', 'aborted'],
      ['d', 'aborted'],
    ])
    expect(present().queue.map(({ id }) => id)).toEqual(['e', 'c'])
  })

  it('an interrupt with nothing running does nothing', () => {
    const { table, take, present, executors, clock } = setUp()
    take(['a'])
    table.interrupt(0)
    clock.advance(1_000)
    expect(present().signalled).toEqual([])
    expect(executors).toHaveLength(1)
  })

  it('what was interrupted is aborted however it ends: timed out, or its executor dies', () => {
    const { table, take, present, ends, clock } = setUp()
    take(['slow'], { runTimeoutMs: 100 })
    present().beginNext(clock.wallTime())
    table.interrupt(1_000)
    clock.advance(150)
    expect(ends()).toMatchObject([{ id: 'slow', outcome: 'aborted' }])
    const other = setUp()
    other.take(['a'])
    other.present().beginNext(0)
    other.table.interrupt(1_000)
    other.present().handlers.onDeath('out of memory')
    expect(other.ends()).toMatchObject([{ id: 'a', outcome: 'aborted' }])
  })

  it('a restart hears what has ended, loses what runs, and hands the rest to the new executor', () => {
    const { table, take, present, ready, ends, executors } = setUp()
    take(['a', 'b', 'c'])
    take(['d', 'e'], { direct: true })
    const a = present().beginNext(0, false)
    if (a) present().unheard.push(a)
    present().beginNext(0, false)
    present().beginNext(0, true)
    table.restart()
    // The second has nothing to end.
    table.restart()
    expect(executors).toHaveLength(2)
    expect(executors[0]?.ended).toBe(true)
    expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'succeeded'],
      ['b', 'lost'],
      ['d', 'lost'],
    ])
    take(['f'], { direct: true })
    ready()
    expect(present().queue.map(({ id }) => id)).toEqual(['e', 'f', 'c'])
  })

  it('tells of a direct task that has begun ahead of others, and ends it in time', () => {
    const { take, present, begunReports, ends, clock } = setUp()
    take(['waits', 'too'])
    take(['direct'], { direct: true, runTimeoutMs: 100 })
    present().beginNext(clock.wallTime(), true)
    clock.advance(50)
    expect(begunReports()).toEqual(['direct'])
    clock.advance(100)
    expect(ends()).toMatchObject([{ id: 'direct', outcome: 'timedOut' }])
  })

  it('keeps places for direct tasks at an executor that is full of others, and the other way round', () => {
    const { table, take, present, ends } = setUp()
    const ids = (prefix: string) => Array.from({ length: 10_000 }, (_, i) => `${prefix}${i}`)
    take(ids('t'))
    take(['direct'], { direct: true })
    expect(present().queue.some(({ id }) => id === 'direct')).toBe(true)
    table.recall([...ids('t'), 'direct'].map(ref))
    present().queue.length = 0
    take(ids('d'), { direct: true })
    take(['balanced'])
    expect(present().queue.some(({ id }) => id === 'balanced')).toBe(true)
    for (let task = present().beginNext(0); task; task = present().beginNext(0)) present().finish(task)
    expect(ends().filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(10_001)
  })

  it('gives up on executors that never come up', () => {
    const { present, hopeless, executors } = setUp()
    for (let i = 0; i < 10 && hopeless.length === 0; i += 1) present().handlers.onDeath('no such module')
    expect(hopeless).toEqual(['no such module'])
    expect(executors.length).toBeLessThan(10)
  })

  it('tells once of each task that runs long', () => {
    const { take, present, begunReports, clock } = setUp()
    take(['a', 'b'])
    present().beginNext(clock.wallTime())
    clock.advance(500)
    expect(begunReports()).toEqual(['a'])
  })

  it('holds more than the executor’s claims, and feeds them on', () => {
    const { take, present, ends } = setUp()
    const ids = Array.from({ length: 10_000 }, (_, i) => `t${i}`)
    take(ids)
    expect(present().queue).toHaveLength(4_096)
    for (let task = present().beginNext(0); task; task = present().beginNext(0)) present().finish(task)
    expect(ends().map(({ id }) => id)).toEqual(ids)
  })

  it('what was taken back never begins, even when its place among the claims is taken again, and hides nothing', () => {
    const { table, take, present, ends } = setUp()
    take(['long'])
    present().beginNext(0)
    const aborted = Array.from({ length: 4_095 }, (_, i) => `a${i}`)
    take(aborted)
    table.cancel(aborted.map(ref), 1_000)
    const later = Array.from({ length: 4_095 }, (_, i) => `b${i}`)
    take(later)
    const began: string[] = []
    for (let task = present().beginNext(0); task; task = present().beginNext(0)) {
      began.push(task.id)
      present().finish(task)
    }
    expect(began).toEqual(later)
    expect(ends()).toHaveLength(aborted.length + later.length)
  })

  it('gives back many with one message, each once', () => {
    const { table, take, reports } = setUp()
    const ids = Array.from({ length: 5_000 }, (_, i) => `t${i}`)
    take(ids)
    table.recall([...ids, 't7'].map(ref))
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({ type: 'ended', results: { length: 5_000 } })
  })

  it('answers every attempt exactly once, whatever happens', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('take' as const),
          count: fc.integer({ min: 1, max: 4 }),
          direct: fc.boolean(),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'finish' as const), direct: fc.boolean() }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constantFrom('recall' as const, 'cancel' as const), pick: fc.nat() }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constantFrom('die' as const, 'pass' as const, 'interrupt' as const, 'restart' as const),
        }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = setUp()
        const { table, take, present, ready, ends, clock } = world
        const taken: string[] = []
        const hadBegun = new Set<string>()
        const begin = (direct?: boolean) => {
          const task = present().beginNext(clock.wallTime(), direct)
          if (task) hadBegun.add(task.id)
        }
        for (const action of steps) {
          const executor = present()
          if (action.do === 'take') {
            const ids = Array.from({ length: action.count }, (_, i) => `t${taken.length + i}`)
            taken.push(...ids)
            take(ids, action.direct ? { direct: true } : {})
          } else if (action.do === 'begin') {
            begin(action.direct)
          } else if (action.do === 'finish') {
            const [running] = executor.begun
            if (running) executor.finish(running)
          } else if (action.do === 'recall' || action.do === 'cancel') {
            const id = taken[action.pick % Math.max(1, taken.length)]
            if (id !== undefined && action.do === 'recall') table.recall([ref(id)])
            if (id !== undefined && action.do === 'cancel') table.cancel([ref(id)], 50)
          } else if (action.do === 'die') {
            executor.handlers.onDeath('killed')
            ready()
          } else if (action.do === 'interrupt') {
            table.interrupt(50)
          } else if (action.do === 'restart') {
            table.restart()
            ready()
          } else {
            clock.advance(100)
            if (present() !== executor) ready()
          }
        }
        for (let rounds = 0; rounds < 500 && table.size > 0; rounds += 1) {
          const executor = present()
          for (const running of [...executor.begun]) executor.finish(running)
          begin()
          clock.advance(100)
          if (present() !== executor) ready()
        }
        const answered = ends().map(({ id }) => id as string)
        expect([...answered].sort()).toEqual([...taken].sort())
        for (const { id, outcome } of ends())
          if (outcome === 'lost' || outcome === 'aborted') expect(hadBegun).toContain(id)
        // What was given back is never begun by any executor.
        const recalled = new Set(ends().flatMap(({ id, outcome }) => (outcome === 'recalled' ? [id] : [])))
        for (const { begun } of world.executors) for (const { id } of begun) expect(recalled.has(id)).toBe(false)
      }),
    )
  })
})
