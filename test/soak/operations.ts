/** What the clients do all the time: each operation checks what comes of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { bind, Client, node } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { Cable } from '../system/cable.ts'
import { failsWith, type Setting, same } from './setting.ts'

declare const base: number

interface Operation {
  /** How often, among all. */
  readonly weight: number
  run(setting: Setting): Promise<unknown>
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
const square = (x: number) => x * x
const nap = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms))

/** Ends when it is told to. */
const idle = () =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, 30_000)
    currentTask().signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new Error('aborted'))
    })
  })

const unsteady = (x: number) => {
  if (Math.random() < 0.5) throw new RangeError(`not yet ${x}`)
  return x
}

async function* counting(count: number, bytes: number) {
  for (let i = 0; i < count; i += 1) {
    if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    yield { i, padding: 'x'.repeat(bytes) }
  }
}

export const operations: Readonly<Record<string, Operation>> = {
  calls: {
    weight: 10,
    async run(setting) {
      const { view } = setting
      const results = range(100).map((x) => view.apply(square, x))
      same(await Promise.all(results), range(100).map(square), 'the list of squares')
      setting.tasks += 100
    },
  },
  map: {
    weight: 8,
    async run(setting) {
      const result = setting.view.map(square, range(300))
      same(await result, range(300).map(square), 'the map')
      setting.tasks += result.ids.length
    },
  },
  endlessMap: {
    weight: 3,
    async run(setting) {
      const naturals = function* () {
        for (let n = 0; ; n += 1) yield n
      }
      let last = 0
      for await (const item of setting.view.imap(square, naturals(), { window: 16 })) {
        last = item
        if (item >= 40 ** 2) break
      }
      same(last, 40 ** 2, 'the last square')
      setting.tasks += 40
    },
  },
  stream: {
    weight: 4,
    async run(setting) {
      const seen: number[] = []
      for await (const { i } of setting.view.apply(counting, 150, setting.random.below(2_000))) seen.push(i)
      same(seen, range(150), 'the parts')
      setting.tasks += 1
    },
  },
  streamLeftEarly: {
    weight: 3,
    async run(setting) {
      const seen: number[] = []
      for await (const { i } of setting.view.apply(counting, 1e9, 50)) {
        seen.push(i)
        if (i === 99) break
      }
      same(seen, range(100), 'the parts')
      setting.tasks += 1
    },
  },
  failures: {
    weight: 4,
    async run(setting) {
      const { view } = setting
      same(await view.with({ retries: 100 }).map(unsteady, [1, 2, 3]), [1, 2, 3], 'what was tried again')
      const never = (x: number) => {
        throw new TypeError(`never ${x}`)
      }
      const failed = view.with({ retries: 1 }).apply(never, 7)
      await failsWith('YM_REMOTE', failed)
      await failsWith('YM_IMPOSSIBLE_DEPENDENCY', view.with({ after: failed }).apply(square, 1))
      const [good, bad] = await view.with({ returnExceptions: true, chunk: 1 }).map((x) => 6 / (x || never(x)), [2, 0])
      same([good, bad instanceof Error], [3, true], 'the results in place')
      setting.tasks += 7
    },
  },
  aborts: {
    weight: 3,
    async run(setting) {
      const controller = new AbortController()
      const view = setting.view.with({ signal: controller.signal })
      const results = range(5).map(() => view.apply(idle))
      await sleep(setting.random.below(100))
      controller.abort()
      await Promise.all(results.map((result) => failsWith('YM_ABORTED', result)))
      setting.tasks += 5
    },
  },
  endedByForce: {
    weight: 1,
    async run(setting) {
      // Not where memory is measured: this ends the thread in which tasks run.
      const [client] = setting.clients as [Client]
      const targets = client.ids.filter((id) => id !== setting.steady)
      const endless = () => {
        for (;;);
      }
      await failsWith('YM_RUN_TIMEOUT', client.loadBalancedView().with({ targets, runTimeout: 50 }).apply(endless))
      setting.tasks += 1
    },
  },
  graph: {
    weight: 3,
    async run(setting) {
      const add = (a: number, b: number) => a + b
      const sums = setting.view.graph({
        left: node(add, [1, 2]),
        right: node(add, [3, 4], { retries: 2 }),
        both: node(add, [5, 6], { after: ['left', 'right'] }),
        last: node(nap, [5], { after: ['both'], priority: 1 }),
      })
      same(await sums, { left: 3, right: 7, both: 11, last: 5 }, 'the graph')
      setting.tasks += 4
    },
  },
  large: {
    weight: 1,
    async run(setting) {
      const size = 2 ** (20 + setting.random.below(5))
      const { client } = setting
      const bytes = new Uint8Array(size).fill(setting.random.below(256))
      const result = client.loadBalancedView().apply((given: Uint8Array) => given.map((byte) => 255 - byte), bytes)
      const answer = await result
      same(
        [answer.length, answer[0], answer.at(-1)],
        [size, 255 - (bytes[0] ?? 0), 255 - (bytes[0] ?? 0)],
        'the answer',
      )
      await client.purge(result)
      setting.tasks += 1
    },
  },
  middling: {
    weight: 3,
    async run(setting) {
      const sizes = range(10).map((i) => 2_000 * (i + 1))
      const blocks = await setting.view.map((size: number) => new Float64Array(size).fill(size), sizes)
      same(
        blocks.map((block) => [block.length, block.at(-1)]),
        sizes.map((size) => [size, size]),
        'the blocks',
      )
      setting.tasks += 10
    },
  },
  output: {
    weight: 3,
    async run(setting) {
      const talk = (lines: number) => {
        for (let i = 0; i < lines; i += 1) console.log(`line ${i}`)
        console.error('the end')
        currentTask().progress(1, 2)
        currentTask().emit({ lines })
      }
      const result = setting.view.apply(talk, 50)
      let heard = ''
      const watch = result.output$.subscribe(({ stream, text }) => {
        if (stream === 'stdout') heard += text
      })
      await result
      watch.unsubscribe()
      const wanted = range(50)
        .map((i) => `line ${i}\n`)
        .join('')
      same([result.stdout, result.stderr], [wanted, 'the end\n'], 'the output')
      if (result.metadata[0]?.attempts === 1) same(heard, wanted, 'the output as it came')
      setting.tasks += 1
    },
  },
  visitor: {
    weight: 2,
    async run(setting) {
      await using client = await setting.visitor()
      same(await client.loadBalancedView().map(square, range(20)), range(20).map(square), 'the visitor’s map')
      setting.tasks += 20
    },
  },
  visitorThatLeavesItsTasks: {
    weight: 2,
    async run(setting) {
      const client = await setting.visitor()
      const results = range(5).map((x) => client.loadBalancedView().apply(nap, 50 + x))
      await client.flush()
      await client.close()
      const ids = results.map(({ ids }) => ids[0] as string)
      same(await setting.client.getResult<number>(ids), [50, 51, 52, 53, 54], 'what another client left')
      setting.tasks += 5
    },
  },
  cutLink: {
    weight: 1,
    async run(setting) {
      await using cable = await Cable.to(setting.addresses[setting.random.below(2)] as string)
      await using client = await Client.connect(cable.address, { key: setting.key })
      const result: PromiseLike<number[]> = client.loadBalancedView().with({ chunk: 1 }).map(nap, range(20))
      await sleep(setting.random.below(100))
      cable.isMute = true
      await sleep(20)
      cable.cut()
      same(await result, range(20), 'the map over a link that was cut')
      setting.tasks += 20
    },
  },
  records: {
    weight: 2,
    async run(setting) {
      const { client } = setting
      const label = `kept ${setting.random.unit()}`
      const result = client.loadBalancedView().with({ label }).apply(square, 9)
      await result
      const found = await client.query({ label, client: 'any', state: 'succeeded' })
      same(
        found.map(({ id }) => [id]),
        [[...result.ids]],
        'the records',
      )
      const id = result.ids[0] as string
      same(await client.resubmit(id), 81, 'what was submitted again')
      await client.purge(id)
      await failsWith('YM_PURGED', client.getResult(id))
      await failsWith('YM_UNKNOWN_TASK', client.getResult('nobody.1'))
      same((await client.history({ limit: 1 })).length, 1, 'the length of the history')
      setting.tasks += 2
    },
  },
  mustNotRunTwice: {
    weight: 2,
    async run(setting) {
      same(await setting.view.with({ retryOnEngineLoss: false }).apply(nap, 20), 20, 'the nap')
      setting.tasks += 1
    },
  },
  direct: {
    weight: 3,
    async run(setting) {
      const view = setting.client.directView(setting.steady)
      const name = `x${setting.random.below(4)}`
      const value = setting.random.unit()
      const push = view.push({ [name]: [value, new Uint8Array(5_000)] })
      const pull = view.pull<[number, Uint8Array]>(name)
      const executed = view.execute(`const twice = 2 * ${name}[0]; twice`)
      await push
      same([(await pull)[0], await executed], [value, 2 * value], 'what was pushed')
      setting.tasks += 3
    },
  },
  everyEngine: {
    weight: 2,
    async run(setting) {
      const view = setting.client.directView('all')
      const count = view.targets.length
      same(await view.map(square, range(100)), range(100).map(square), 'the map over all engines')
      const sums = await setting.client.broadcastView('all').apply((a: number, b: number) => a + b, 1, 2)
      same(new Set(sums), new Set([3]), 'the sums')
      setting.tasks += 2 * count
    },
  },
  freshFunctions: {
    weight: 2,
    async run(setting) {
      const bases = range(10).map(() => setting.random.unit())
      const results = bases.map((base) =>
        setting.view.apply(
          bind({ base }, (x: number) => x + base),
          1,
        ),
      )
      same(
        await Promise.all(results),
        bases.map((base) => base + 1),
        'the sums of new functions',
      )
      setting.tasks += 10
    },
  },
}
