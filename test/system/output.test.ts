/** What tasks print comes to whoever asks for their results: live, and afterwards. */
import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Client, Cluster, type LocalClusterOptions, type OutputPiece } from 'yardmaster'
import { Cable } from './cable.ts'
import { combinations, withCluster } from './combinations.ts'

const gate = () => new Int32Array(new SharedArrayBuffer(4))

function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const say = (name: string) => {
  process.stdout.write(`${name} says`)
  process.stderr.write(`${name} warns`)
  return name
}

describe.each(combinations)('$name', (combination) => {
  it('a result has what its tasks printed, each its own, also where it is asked for afterwards', async () => {
    await withCluster(combination, async (client, cluster) => {
      const lview = client.loadBalancedView()
      const [quiet, one] = [lview.apply(() => 1), lview.apply(say, 'one')]
      const map = lview.with({ chunk: 1 }).map(say, ['a', 'b', 'c'])
      const live: OutputPiece[] = []
      const complete = new Promise<void>((complete) => {
        map.output$.subscribe({ next: (piece) => live.push(piece), complete })
      })
      await Promise.all([quiet, one, map, complete])
      expect([quiet.stdout, quiet.stderr, Object.keys(quiet.metadata[0] ?? {}).includes('stdout')]).toEqual([
        '',
        '',
        false,
      ])
      expect([one.stdout, one.stderr]).toEqual(['one says', 'one warns'])
      expect(map.stdout).toBe('a saysb saysc says')
      expect(map.metadata.map(({ stderr }) => stderr)).toEqual(['a warns', 'b warns', 'c warns'])
      const heardOf = (id: string) => live.filter(({ taskId, stream }) => taskId === id && stream === 'stdout')
      expect(map.ids.map((id) => heardOf(id).map(({ text }) => text))).toEqual([['a says'], ['b says'], ['c says']])
      const other = await cluster.connect()
      const again = other.getResult(map.ids)
      await again
      expect([again.stdout, again.stderr]).toEqual([map.stdout, map.stderr])
    })
  })
})

const threads: LocalClusterOptions = { engines: 1, engineKind: 'thread' }

it('a synchronous loop is heard while it runs, in order', async () => {
  await using cluster = await Cluster.start(threads)
  const lview = (await cluster.connect()).loadBalancedView()
  const stop = gate()
  const result = lview.apply((stop: Int32Array) => {
    let lines = 0
    for (; Atomics.load(stop, 0) === 0; lines += 1) {
      console.log(lines)
      Atomics.wait(stop, 0, 0, 1)
    }
    return lines
  }, stop)
  await until(() => result.stdout.includes('\n30\n'))
  expect(result.ready).toBe(false)
  open(stop)
  const lines = await result
  expect(result.stdout).toBe(Array.from({ length: lines }, (_, i) => `${i}\n`).join(''))
})

it('the output of a task that is ended by force is kept', async () => {
  await using cluster = await Cluster.start(threads)
  const client = await cluster.connect()
  const lview = client.loadBalancedView()
  const late = lview.with({ runTimeout: 100 }).apply(() => {
    console.log('before the loop')
    for (;;);
  })
  await expect(late).rejects.toMatchObject({ code: 'YM_RUN_TIMEOUT' })
  const dead = lview.with({ retryOnEngineLoss: false }).apply(() => {
    console.log('last words')
    process.exit(1)
  })
  await expect(dead).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
  expect([late.stdout, dead.stdout]).toEqual(['before the loop\n', 'last words\n'])
})

it('of a task that was tried again, the result has what its last attempt printed; the stream all of them', async () => {
  await using cluster = await Cluster.start(threads)
  const client = await cluster.connect()
  const lview = client.loadBalancedView()
  const again = async (wordless: number) => {
    const { currentTask } = await import('yardmaster/engine')
    const { attempt } = currentTask()
    if (attempt < wordless) console.log('attempt', attempt)
    if (attempt < 3) throw new Error('again')
  }
  const result = lview.with({ retries: 2 }).apply(again, 4)
  const silent = lview.with({ retries: 2 }).apply(again, 3)
  const live: [number, string][] = []
  result.output$.subscribe(({ attempt, text }) => live.push([attempt, text]))
  await result
  expect(result.stdout).toBe('attempt 3\n')
  expect(live).toEqual([1, 2, 3].map((attempt) => [attempt, `attempt ${attempt}\n`]))
  await silent
  const afterwards = (await cluster.connect()).getResult([...result.ids, ...silent.ids])
  await afterwards
  expect([silent.stdout, afterwards.stdout]).toEqual(['', 'attempt 3\n'])
})

it('several asynchronous tasks on one engine print each for itself', async () => {
  await using cluster = await Cluster.start({ ...threads, concurrency: 8, hwm: 0 })
  const lview = (await cluster.connect()).loadBalancedView()
  const results = Array.from({ length: 8 }, (_, task) =>
    lview.apply(async (task: number) => {
      const { setTimeout: pause } = await import('node:timers/promises')
      for (let i = 0; i < 5; i += 1) {
        await pause((task * 7 + i * 3) % 5)
        console.log(task, i)
      }
    }, task),
  )
  await Promise.all(results)
  expect(results.map(({ stdout }) => stdout)).toEqual(
    results.map((_, task) => Array.from({ length: 5 }, (_, i) => `${task} ${i}\n`).join('')),
  )
})

it('an error that several tasks left to nobody fails the one it comes from', async () => {
  await using cluster = await Cluster.start({ ...threads, concurrency: 4, hwm: 0 })
  const lview = (await cluster.connect()).loadBalancedView()
  const stray = (kind: string) =>
    new Promise<string>((resolve) => {
      if (kind === 'timer')
        setTimeout(() => {
          throw new Error('from a timer')
        }, 20)
      if (kind === 'promise') setTimeout(() => void Promise.reject(new Error('from a promise')), 20)
      setTimeout(resolve, 200, kind)
    })
  const results = ['timer', 'good', 'promise', 'fine'].map((kind) => lview.apply(stray, kind))
  const ends = await Promise.allSettled(results)
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.message.replace(/^.*: /, '')))).toEqual(
    ['from a timer', 'good', 'from a promise', 'fine'],
  )
})

it('one who joins late, and the one who submitted, hear the same', async () => {
  await using cluster = await Cluster.start(threads)
  const client = await cluster.connect()
  const stop = gate()
  const result = client.loadBalancedView().apply((stop: Int32Array) => {
    console.log('early')
    Atomics.wait(stop, 0, 0)
    console.log('late')
  }, stop)
  await until(() => result.stdout !== '')
  const own = client.getResult(result.ids)
  const other = (await cluster.connect()).getResult(result.ids)
  await until(() => own.stdout !== '' && other.stdout !== '')
  expect([own.stdout, other.stdout, result.ready]).toEqual(['early\n', 'early\n', false])
  open(stop)
  const pieces = lastValueFrom(own.output$.pipe(toArray()))
  await Promise.all([result, own, other])
  expect((await pieces).map(({ text }) => text)).toEqual(['early\n', 'late\n'])
  expect([result, own, other].map(({ stdout }) => stdout)).toEqual(Array(3).fill('early\nlate\n'))
})

it.each(['zeromq', 'websocket'] as const)(
  'over %s nothing is lost or shown twice when the link breaks',
  async (transport) => {
    await using cluster = await Cluster.start({ engines: 1, engineKind: 'thread', transport, heartbeatMs: 500 })
    await using cable = await Cable.to(cluster.addresses[0] as string)
    await using client = await Client.connect(cable.address, { key: cluster.key })
    const result = client.loadBalancedView().apply(async () => {
      for (let i = 0; i < 60; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        console.log(i)
      }
    })
    let live = ''
    result.output$.subscribe(({ text }) => {
      live += text
    })
    await until(() => live.includes('\n10\n'))
    cable.cut()
    await until(() => live.includes('\n30\n'))
    cable.cut()
    await result
    expect(live).toBe(Array.from({ length: 60 }, (_, i) => `${i}\n`).join(''))
    expect(result.stdout).toBe(live)
  },
)

it('what printed output takes counts against the results that are kept', async () => {
  await using cluster = await Cluster.start({ ...threads, retention: { bytesMax: 250_000 } })
  const client = await cluster.connect()
  const results = [1, 2, 3].map(() =>
    client.loadBalancedView().apply(() => void process.stdout.write('x'.repeat(100_000))),
  )
  await Promise.all(results)
  await client.loadBalancedView().apply(() => 0)
  const states = await client.query({ ids: results.flatMap(({ ids }) => ids) })
  expect(states.map(({ purged }) => purged)).toEqual([true, false, false])
})
