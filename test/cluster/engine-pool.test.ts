import { afterEach, expect, it } from 'vitest'
import { EnginePool } from '../../cluster/engine-pool.ts'
import type { EngineHandle, EngineSeat } from '../../cluster/launchers/launcher.ts'
import { ConfigurationError } from '../../core/errors.ts'
import type { EngineInfo } from '../../core/messages.ts'
import { seededRandom } from '../../core/random.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

interface Fake extends EngineSeat {
  readonly id: number
  stops: number
  /** It joins its controller. */
  join(): void
  end(error?: Error): void
}

const clock = new VirtualClock()
const lines: string[] = []
/** In order of their start. */
const engines: Fake[] = []
/** How many were started at a time. */
const batches: number[] = []
const drained: number[] = []
let refusals = 0
let closed = 0
/** Whether engines join as soon as they are started. */
let isPrompt = true
/** Whether those that are drained have something to finish. */
let isBusy = false

afterEach(() => {
  for (const list of [lines, engines, batches, drained]) list.length = 0
  refusals = 0
  closed = 0
  isPrompt = true
  isBusy = false
})

function newPool({ restartsMax = 5, queues = false, loads = new Map<number, number>() } = {}): EnginePool {
  const pool: EnginePool = new EnginePool({
    kind: 'fake',
    run: 'run',
    queues,
    restartsMax,
    clock,
    random: seededRandom(1),
    log: (_, line) => lines.push(line),
    drain: (engine) => {
      drained.push(engine)
      // Its controller lets it go, and it leaves.
      if (!isBusy) pool.changed('left', infoOf(engines[engine] as Fake))
    },
    loads: () => loads,
    session: {
      launch: async (seats) => {
        if (refusals > 0) {
          refusals -= 1
          throw new ConfigurationError('no room')
        }
        batches.push(seats.length)
        return seats.map((seat) => started(pool, seat))
      },
      close: async () => {
        closed += 1
      },
    },
  })
  return pool
}

function started(pool: EnginePool, seat: EngineSeat): EngineHandle {
  let end: (error?: Error) => void = () => {}
  const ended = new Promise<Error | undefined>((resolve) => {
    end = (error) => {
      pool.changed('left', infoOf(fake))
      resolve(error)
    }
  })
  const join = () => pool.changed('joined', infoOf(fake))
  const fake: Fake = { ...seat, id: engines.length, stops: 0, join, end }
  engines.push(fake)
  if (isPrompt) queueMicrotask(join)
  return {
    launch: seat.launch,
    place: {},
    began: new Promise(() => {}),
    ended,
    signal: async () => {},
    stop: async () => {
      fake.stops += 1
      end()
    },
  }
}

function infoOf({ id, name, launch }: Fake): EngineInfo {
  return { id, name, launch, kind: 'fake', host: 'here', pid: 1 }
}

async function settle(passMs = 0): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(passMs)
  await new Promise((resolve) => setImmediate(resolve))
}

it('an engine that is lost is replaced on its seat, after a pause; one that was asked to stop is not', async () => {
  const pool = newPool()
  await pool.scale(3)
  expect(batches).toEqual([3])
  engines[1]?.end(new Error('killed'))
  engines[2]?.end()
  await settle()
  expect([engines.length, pool.size]).toEqual([3, 2])
  await settle(2_000)
  await settle(100)
  expect(engines.map(({ name }) => name)).toEqual(['fake-0', 'fake-1', 'fake-2', 'fake-1'])
  expect(new Set(engines.map(({ launch }) => launch)).size).toBe(4)
  expect(lines).toEqual(['engine 1 of the pool ended: killed; it is started anew (1 of 5)'])
  await pool.stop()
  expect(engines.map(({ stops }) => stops)).toEqual([1, 0, 0, 1])
  expect(closed).toBe(1)
})

it('a seat whose engine keeps ending, or does not come up, is given up; one that served long starts afresh', async () => {
  const pool = newPool({ restartsMax: 2 })
  const again = async () => {
    await settle(2_000)
    await settle(100)
  }
  await pool.scale(1)
  engines[0]?.end(new Error('first'))
  await again()
  await settle(60_000)
  engines[1]?.end(new Error('second'))
  await settle()
  refusals = 1
  await again()
  await again()
  engines[2]?.end(new Error('third'))
  await settle(60_000)
  expect(engines).toHaveLength(3)
  expect(lines).toEqual([
    'engine 0 of the pool ended: first; it is started anew (1 of 2)',
    'engine 0 of the pool ended: second; it is started anew (1 of 2)',
    'engine 0 of the pool ended: no room; it is started anew (2 of 2)',
    'engine 0 of the pool ended: third; it is not started again',
  ])
  expect(pool.size).toBe(0)
  await pool.stop()
})

it('a stop ends the pause before a restart, and an engine that comes up meanwhile', async () => {
  const pool = newPool()
  await pool.scale(1)
  engines[0]?.end(new Error('killed'))
  await settle()
  await pool.stop()
  await settle(60_000)
  expect(engines).toHaveLength(1)
  expect(clock.next).toBeUndefined()
  expect(closed).toBe(1)
})

it('a pool that cannot start says why; so does one of whose engines one does not come up, when all have settled', async () => {
  const pool = newPool()
  refusals = 1
  await expect(pool.scale(2)).rejects.toThrow('no room')
  expect(pool.size).toBe(0)
  isPrompt = false
  let isSettled = false
  const scaled = pool.scale(2).finally(() => {
    isSettled = true
  })
  scaled.catch(() => {})
  await settle()
  engines[0]?.end(new Error('no key'))
  await settle()
  expect(isSettled).toBe(false)
  engines[1]?.join()
  await expect(scaled).rejects.toThrow('no key')
  await settle(60_000)
  // Whoever asked is told, and decides.
  expect([engines.length, pool.size, pool.ready]).toEqual([2, 1, 1])
  await pool.stop()
})

it('where engines queue, it is ready when they are accepted, and those that never came up are started anew, together', async () => {
  isPrompt = false
  const pool = newPool({ queues: true })
  await pool.scale(4)
  expect([pool.size, pool.ready]).toEqual([4, 0])
  for (const engine of engines) engine.end(new Error('node failure'))
  await settle(2_000)
  await settle(100)
  expect(batches.reduce((sum, count) => sum + count, 0)).toBe(8)
  expect(batches.length).toBeLessThan(5)
  const two = pool.scale(6, 1)
  await settle()
  engines.at(-1)?.join()
  await two
  expect(pool.ready).toBe(1)
  await pool.stop()
})

it('those go first that do not serve yet, then those with the least to finish, of these the youngest', async () => {
  const loads = new Map([
    [0, 1],
    [1, 0],
    [2, 5],
    [3, 1],
  ])
  const pool = newPool({ loads })
  await pool.scale(4)
  isPrompt = false
  const more = pool.scale(5)
  await settle()
  await pool.scale(2)
  await more
  expect(drained).toEqual([1, 3])
  expect(engines.map(({ stops }) => stops)).toEqual([0, 1, 0, 1, 1])
  await pool.scale(0)
  expect([drained, pool.size]).toEqual([[1, 3, 0, 2], 0])
  await pool.stop()
})

it('an engine that loses its link while it is to leave is ended; one that comes back is told again', async () => {
  const pool = newPool()
  await pool.scale(1)
  pool.changed('left', infoOf(engines[0] as Fake))
  expect([pool.size, pool.ready]).toEqual([1, 0])
  pool.changed('joined', infoOf(engines[0] as Fake))
  expect(pool.ready).toBe(1)
  await pool.scale(0)
  expect(drained).toEqual([0])
  await pool.stop()
})

it('whoever asks again for the number that others have asked for is answered as they are', async () => {
  isPrompt = false
  const pool = newPool()
  const answers: string[] = []
  const ask = (who: string, count: number) =>
    pool.scale(count).then(
      () => answers.push(`${who} has ${pool.ready}`),
      (error: Error) => answers.push(`${who} ${error.message}`),
    )
  void ask('first', 2)
  await settle()
  // As a client whose link was lost meanwhile.
  void ask('again', 2)
  await settle()
  expect(answers).toEqual([])
  engines[0]?.join()
  engines[1]?.join()
  await settle()
  expect(answers.sort()).toEqual(['again has 2', 'first has 2'])
  answers.length = 0
  isBusy = true
  void ask('first', 0)
  void ask('again', 0)
  await settle()
  expect(answers).toEqual([])
  for (const engine of engines) engine.end()
  await settle()
  expect(answers.sort()).toEqual(['again has 0', 'first has 0'])
  answers.length = 0
  void ask('first', 1)
  await settle()
  void ask('again', 1)
  await settle()
  engines[2]?.end(new Error('no key'))
  await settle()
  expect(answers.sort()).toEqual(['again no key', 'first no key'])
  await pool.stop()
})

it('nobody is started any more once the pool is stopped', async () => {
  const pool = newPool()
  await pool.scale(1)
  await Promise.all([pool.stop(), pool.stop()])
  await pool.scale(3)
  expect([engines.length, closed]).toEqual([1, 1])
  await expect(pool.scale(1.5)).rejects.toThrow('engines must be a whole number')
})

it('whoever waits for engines that do not join is told so, ever more rarely, and of one that does not say its launch', async () => {
  isPrompt = false
  const pool = newPool()
  const scaled = pool.scale(2)
  scaled.catch(() => {})
  await settle()
  const stranger = { id: 7, name: 'stranger', kind: 'fake', host: 'here', pid: 1 }
  pool.changed('joined', stranger)
  pool.changed('joined', { ...stranger, id: 8 })
  await settle(30_000)
  engines[0]?.join()
  await settle(30_000)
  await settle(30_000)
  await settle(60_000)
  expect(lines).toEqual([
    'engine stranger has joined and said no launch, while 2 that launcher fake started have not joined. If it is one of those, the launcher has to give it the launch of its seat: yardmaster engine --launch LAUNCH',
    '2 of 2 engines that launcher fake started have not joined yet, after 30 s',
    '1 of 2 engines that launcher fake started have not joined yet, after 90 s',
  ])
  engines[1]?.join()
  await scaled
  expect(clock.next).toBeUndefined()
  pool.changed('joined', stranger)
  expect(lines).toHaveLength(3)
  await pool.stop()
})

it('a stop ends the reminders', async () => {
  isPrompt = false
  const pool = newPool()
  const scaled = pool.scale(1)
  scaled.catch(() => {})
  await settle()
  expect(clock.next).toBeDefined()
  await pool.stop()
  expect(clock.next).toBeUndefined()
})
