/** Engines by number: every method of direct views and broadcast views, on every link and kind of engine. */
import { fileURLToPath } from 'node:url'
import { firstValueFrom, lastValueFrom, take } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Cluster, CompositeError, type LocalClusterOptions, RemoteError } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { sharedCluster, withCluster } from './combinations.ts'

const combinations: readonly { name: string; options: LocalClusterOptions; client: 'memory' | 'wire' }[] = [
  { name: 'inline engines, memory', options: { engineKind: 'inline', transport: 'memory' }, client: 'memory' },
  { name: 'thread engines, threads', options: { engineKind: 'thread', transport: 'threads' }, client: 'memory' },
  { name: 'process engines, ZeroMQ', options: { engineKind: 'process', transport: 'zeromq' }, client: 'wire' },
  { name: 'process engines, WebSocket', options: { engineKind: 'process', transport: 'websocket' }, client: 'wire' },
]

const errorOf = (promise: PromiseLike<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`it gave ${JSON.stringify(value)}`)
    },
    (error: unknown) =>
      error as { code: string; message: string; engineId: number; remoteStack: string; errors: { message: string }[] },
  )
const engineId = () => currentTask().engineId
declare let calls: number
declare const scaled: (x: number) => number
const range = (n: number) => Array.from({ length: n }, (_, i) => i)

describe.each(combinations)('on $name', (combination) => {
  const here = sharedCluster(combination)

  it('apply runs on the engines that are named, and gives a value or a list', async () => {
    await here(async (client) => {
      const add = (a: number, b: number) => [engineId(), a + b]
      expect(await client.directView(2).apply(add, 1, 2)).toEqual([2, 3])
      expect(await client.directView([3, 1]).apply(add, 1, 2)).toEqual([
        [3, 3],
        [1, 3],
      ])
      expect(await client.directView([1]).apply(engineId)).toEqual([1])
      expect(await client.directView('all').apply(engineId)).toEqual([0, 1, 2, 3])
      expect(await client.directView({ from: 1, step: 2 }).remote(engineId)()).toEqual([1, 3])
      expect(await client.directView({ from: -2 }).apply(engineId)).toEqual([2, 3])
      expect(await client.broadcastView(2).apply(engineId)).toEqual([2])
      expect(await client.broadcastView().remote(engineId)()).toEqual([0, 1, 2, 3])
      expect(await client.view([0, 3]).apply(engineId)).toEqual([0, 3])
      expect(await client.apply(add, [1, 2], { targets: [0, 1], label: 'seed' })).toEqual([
        [0, 3],
        [1, 3],
      ])
      const seen: number[] = []
      for await (const id of client.directView('all').apply(engineId)) seen.push(id)
      expect(seen).toEqual([0, 1, 2, 3])
    })
  })

  it('a generator’s values come as a list from each engine, however many; from one engine they can be read singly', async () => {
    await here(async (client) => {
      const count = function* (n: number) {
        for (let i = 0; i < n; i += 1) yield i
      }
      expect(await client.directView([0, 1]).apply(count, 300)).toEqual([range(300), range(300)])
      const gathered: number[][] = []
      for await (const part of client.broadcastView([2]).apply(count, 300)) gathered.push(part)
      expect(gathered).toEqual([range(300)])
      const single: number[] = []
      for await (const part of client.directView(3).apply(count, 300)) single.push(part)
      expect(single).toEqual(range(300))
    })
  })

  it('push, execute and pull follow each other, in one namespace for each engine', async () => {
    await here(async (client) => {
      const all = client.directView('all')
      all.push({ base: 10, list: [1, 2, 3] })
      all.apply(() => {
        currentTask().namespace.own = currentTask().engineId
      })
      all.execute('const sum = list.reduce((a, b) => a + b, base)\nfunction scaled(x) { return x * factor }')
      all.set('factor', 3)
      expect(await all.pull('sum')).toEqual([16, 16, 16, 16])
      expect(await all.execute('scaled(own)')).toEqual([0, 3, 6, 9])
      expect(await client.directView(1).pull<[number, number]>(['sum', 'own'])).toEqual([16, 1])
      expect(await client.directView([2, 0]).get('own')).toEqual([2, 0])
      expect(await client.directView(3).apply(() => currentTask().namespace.sum)).toBe(16)
      expect(await client.broadcastView([0]).push({ sum: 0 })).toEqual([undefined])
      expect(await client.broadcastView().pull('sum')).toEqual([0, 16, 16, 16])
      expect(await all.importModule('node:path')).toEqual([undefined, undefined, undefined, undefined])
      await all.importModule('./test/system/programs/work.mjs', 'work')
      expect(await client.directView(0).execute('path.basename("/a/b") + work.triple(2)')).toBe('b6')
      await client.directView(2).clear()
      expect(await all.with({ returnExceptions: true }).execute('typeof sum')).toEqual([
        'number',
        'number',
        'undefined',
        'number',
      ])
    })
  })

  it('executed text awaits, imports, and tells of errors with engine and line', async () => {
    await here(async (client) => {
      const one = client.directView(1)
      expect(await one.execute('import { sep } from "node:path"\nawait null\nsep')).toBe('/')
      expect(await one.execute('() => 1')).toBeUndefined()
      const program = new URL('./programs/setup.js', import.meta.url)
      expect(await one.run(program)).toEqual(['programs', 42])
      expect(await one.pull('doubled')).toBe(42)
      const failed = await errorOf(client.broadcastView([1]).execute('\nfail()'))
      expect(failed).toMatchObject({ code: 'YM_REMOTE', engineId: 1, message: 'engine 1: RangeError: no programs' })
      expect(failed.remoteStack).toContain(`${program.href}:7:9`)
      expect(failed.remoteStack).toContain('yardmaster:execute:2:')
      expect(await errorOf(one.execute('missing + 1'))).toMatchObject({
        message: 'engine 1: ReferenceError: missing is not defined',
      })
      expect(await errorOf(one.execute('new WeakMap()'))).toMatchObject({
        message: expect.stringMatching(/^engine 1: CloneError: /),
      })
    })
  })

  it('shipped functions see the names of the namespace that they do not have themselves', async () => {
    await here(async (client) => {
      const all = client.directView([0, 1])
      const own = 2
      all.push({ factor: 10, own: 3, calls: 0 })
      all.execute('function scaled(x) { return x * factor }')
      const fn = (x: number) => {
        calls += 1
        return [scaled(x) + own, calls]
      }
      expect(await all.apply(fn, 4)).toEqual([
        [42, 1],
        [42, 1],
      ])
      expect(await client.directView(1).map(fn, [1, 2])).toEqual([
        [12, 2],
        [22, 3],
      ])
      expect(await all.pull('calls')).toEqual([1, 3])
      expect(await all.apply(() => (typeof calls === 'undefined' ? 'typeof asks for globals' : calls))).toEqual([
        'typeof asks for globals',
        'typeof asks for globals',
      ])
      await client.directView(1).clear()
      expect(await errorOf(all.apply(fn, 1))).toMatchObject({
        message: 'engine 1: ReferenceError: calls is not defined',
      })
    })
  })

  it('maps in one part for each engine', async () => {
    await here(async (client) => {
      const all = client.directView('all')
      const places = await all.map((x: number) => [x, currentTask().engineId], range(10))
      expect(places.map(([x]) => x)).toEqual(range(10))
      expect(places.map(([, id]) => id)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 3, 3])
      expect(await all.map((x: number) => x, [])).toEqual([])
      expect(await all.map((_x: number) => engineId(), [1, 2])).toEqual([0, 1])
      expect(await client.directView([2, 0]).map((a: number, b: string) => b.repeat(a), range(9), 'abc')).toEqual([
        '',
        'b',
        'cc',
      ])
      expect(await client.directView(3).parallel((x: number) => x * x)(range(3))).toEqual([0, 1, 4])
      const inverse = (x: number) => {
        if (x % 2 === 0) throw new RangeError(`no ${x}`)
        return x
      }
      const error = await errorOf(all.map(inverse, range(4)))
      expect(error).toBeInstanceOf(CompositeError)
      expect(error.errors.map(({ message }) => message)).toEqual([
        'engine 0: RangeError: no 0',
        'engine 2: RangeError: no 2',
      ])
      const inPlace = await all.with({ returnExceptions: true }).map(inverse, range(4))
      expect(inPlace.map((entry) => entry instanceof RemoteError || entry)).toEqual([true, 1, true, 3])
    })
  })

  it('scatters and gathers', async () => {
    await here(async (client) => {
      const all = client.directView('all')
      expect(await all.scatter('part', range(10))).toHaveLength(4)
      expect(await all.pull('part')).toEqual([
        [0, 1, 2],
        [3, 4, 5],
        [6, 7],
        [8, 9],
      ])
      expect(await all.gather('part')).toEqual(range(10))
      expect(await client.directView([3, 0]).gather('part')).toEqual([8, 9, 0, 1, 2])
      await all.scatter('dealt', 'abcdef', { cyclic: true })
      expect(await all.pull('dealt')).toEqual([['a', 'e'], ['b', 'f'], ['c'], ['d']])
      expect(await all.gather('dealt', { cyclic: true })).toEqual([...'abcdef'])
      const numbers = Float64Array.from(range(5_003))
      await all.scatter('numbers', numbers)
      await all.execute('numbers = numbers.map(x => 2 * x)')
      expect(await all.gather<Float64Array>('numbers')).toEqual(numbers.map((x) => 2 * x))
      await all.scatter('bytes', Buffer.from('yardmaster'), { cyclic: true })
      expect(await client.directView(0).execute('[...bytes].map(b => String.fromCharCode(b)).join("")')).toBe('yme')
      expect(String(await all.gather<Buffer>('bytes', { cyclic: true }))).toBe('yardmaster')
      await all.scatter('few', Int8Array.of(1, 2))
      expect(await all.pull('few')).toEqual([Int8Array.of(1), Int8Array.of(2), new Int8Array(0), new Int8Array(0)])
      expect(await all.gather('few')).toEqual(Int8Array.of(1, 2))
      await client.directView(2).set('few', 7)
      const notThere = await errorOf(all.with({ returnExceptions: true }).gather('few'))
      expect(notThere.message).toMatch(/^engine 2: TypeError: 'few' is no array/)
      await client.directView(1).scatter('alone', [1, 2])
      expect(await client.directView(1).gather('alone')).toEqual([1, 2])
    })
  })

  it('what is pulled is as it was then, whatever later calls do to it', async () => {
    await here(async (client) => {
      const one = client.directView(0)
      one.push({ large: new Float64Array(2_000) })
      const write = (x: number) => {
        ;(currentTask().namespace.large as Float64Array)[0] = x
      }
      const pulled = range(30).map((round) => {
        one.apply(write, round)
        return one.pull<Float64Array>('large')
      })
      expect((await Promise.all(pulled)).map(([first]) => first)).toEqual(range(30))
    })
  })

  it('a missing name is told with its engine, one entry for each engine', async () => {
    await here(async (client) => {
      const all = client.directView('all')
      await client.directView([0, 2]).set('half', true)
      const message = (id: number) => `engine ${id}: ReferenceError: 'half' is not defined in the namespace`
      const error = await errorOf(all.pull('half'))
      expect(error).toBeInstanceOf(CompositeError)
      expect(error.errors.map((each) => each.message)).toEqual([message(1), message(3)])
      expect(await errorOf(client.directView([0, 1]).pull(['half']))).toMatchObject({ message: message(1) })
      const inPlace = await client.broadcastView().with({ returnExceptions: true }).pull('half')
      expect(inPlace.map((entry) => (entry instanceof RemoteError ? entry.message : entry))).toEqual([
        true,
        message(1),
        true,
        message(3),
      ])
    })
  })

  it('both interfaces work at once on the same engines', async () => {
    await here(async (client) => {
      const slow = client
        .loadBalancedView()
        .with({ chunk: 1 })
        .map(async (x: number) => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          return x
        }, range(40))
      const all = client.directView('all')
      for (const round of range(5)) {
        all.push({ round })
        expect(await all.execute('round + 1')).toEqual(Array(4).fill(round + 1))
      }
      expect(await slow).toEqual(range(40))
    })
  })

  // Inline executors share this thread with the client, which an endless loop would stop.
  const isInline = combination.options.engineKind === 'inline'
  it.skipIf(isInline)('an interrupt ends what runs, a restart empties the namespace, both only there', async () => {
    const options = { ...combination.options, engines: 2, abortGraceMs: 5_000 }
    await withCluster({ ...combination, options }, async (client) => {
      const all = client.directView('all')
      await all.push({ kept: 1 })
      const heeds = all.apply(async () => {
        const { signal } = currentTask()
        currentTask().emit('begun')
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      })
      await lastValueFrom(heeds.emitted$.pipe(take(2)))
      expect(await client.directView(0).interrupt()).toBeUndefined()
      expect(await client.directView([1]).interrupt()).toEqual([undefined])
      expect((await errorOf(heeds)).errors.map((error) => (error as { code?: string }).code)).toEqual([
        'YM_ABORTED',
        'YM_ABORTED',
      ])
      expect(await all.pull('kept')).toEqual([1, 1])
      const stuck = client.directView(1).apply(() => {
        currentTask().emit('begun')
        for (;;);
      })
      await firstValueFrom(stuck.emitted$)
      expect(await client.broadcastView(1).restart()).toEqual([undefined])
      expect(await errorOf(stuck)).toMatchObject({
        code: 'YM_ENGINE_LOST',
        message: expect.stringContaining('ngine 1'),
      })
      expect(await client.directView(0).pull('kept')).toBe(1)
      expect(await client.directView(1).execute('typeof kept')).toBe('undefined')
    })
  })
})

it('all means the engines at the moment of the call', async () => {
  await using cluster = await Cluster.start({ engines: 2, transport: 'websocket' })
  await using client = await cluster.connect()
  const all = client.directView('all')
  await all.push({ known: 1 })
  const address = cluster.addresses[0] as string
  const late = await startEngine({ address, key: cluster.key, executors: inlineExecutor })
  await client.waitForEngines(3)
  expect(await all.map((x: number) => x + 1, [1, 2, 3])).toEqual([2, 3, 4])
  expect(all.targets).toEqual([0, 1, 2])
  expect(await errorOf(all.pull('known'))).toMatchObject({ message: expect.stringContaining('engine 2: ') })
  await late.stop()
  while (client.ids.length > 2) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await all.pull('known')).toEqual([1, 1])
  expect(() => client.directView([0, 2]).pull('known')).toThrow('engine 2 is not there: there are 0, 1')
})

it('the file of a program may be given by its path', async () => {
  await withCluster({ options: { engines: 1 }, client: 'memory' }, async (client) => {
    const path = fileURLToPath(new URL('./programs/setup.js', import.meta.url))
    expect(await client.broadcastView().run(path)).toEqual([['programs', 42]])
  })
})

it('an engine that dies in the middle takes its own calls with it, and no others', async () => {
  await using cluster = await Cluster.start({
    engines: 3,
    engineKind: 'process',
    transport: 'websocket',
    restartsMax: 0,
  })
  await using client = await cluster.connect()
  const all = client.directView('all')
  const view = client.directView([0, 1, 2]).with({ returnExceptions: true })
  await all.push({ value: 5 })
  const dying = view.apply(async (victim: number) => {
    if (currentTask().engineId === victim) process.kill(process.pid, 'SIGKILL')
    return 1
  }, 1)
  const behind = view.pull('value')
  const lost = { code: 'YM_ENGINE_LOST', message: expect.stringContaining('ngine 1') }
  expect(await dying).toMatchObject([1, lost, 1])
  expect(await behind).toMatchObject([5, lost, 5])
  while (client.ids.length > 2) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await all.pull('value')).toEqual([5, 5])
  expect(() => view.pull('value')).toThrow('engine 1 is not there: there are 0, 2')
})
