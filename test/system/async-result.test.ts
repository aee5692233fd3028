/** Every member of a result, for every kind of result, on threads and on processes. */
import { Writable } from 'node:stream'
import { lastValueFrom, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, type Cluster, CompositeError, RemoteError, YardmasterError } from 'yardmaster'
import {
  begun,
  type Expected,
  Failure,
  nested,
  noOdd,
  type Result,
  range,
  resultCases,
  sleep,
} from './async-result-cases.ts'
import { combinations, startCluster } from './combinations.ts'

/** The value, or what it rejects with, so that a test can compare it. */
function settled(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(inPlace, failureOf)
}

function inPlace(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => (item instanceof Error ? failureOf(item) : item)) : value
}

function failureOf(error: unknown): Failure {
  return new Failure(error instanceof YardmasterError ? error.code : (error as Error).message)
}

async function read(items: AsyncIterable<unknown>): Promise<{ items: unknown[]; end: string | undefined }> {
  const seen: unknown[] = []
  try {
    for await (const item of items) seen.push(item)
    return { items: inPlace(seen) as unknown[], end: undefined }
  } catch (error) {
    return { items: inPlace(seen) as unknown[], end: failureOf(error).code }
  }
}

function observed(result: Result): Promise<{ items: unknown[]; end: string | undefined }> {
  return new Promise((resolve) => {
    const seen: unknown[] = []
    const finish = (end?: string) => resolve({ items: inPlace(seen) as unknown[], end })
    result.results$.subscribe({
      next: (item) => seen.push(item),
      error: (error) => finish(failureOf(error).code),
      complete: () => finish(),
    })
  })
}

const byNumber = (a: unknown, b: unknown) => Number(a) - Number(b)

function readingOf({ outcome, items, sorted, itemsEnd }: Expected) {
  const end = itemsEnd ?? (outcome instanceof Failure ? outcome.code : undefined)
  const list = items ?? (outcome as unknown[])
  return { items: sorted ? [...list].sort(byNumber) : list, end }
}

const links = combinations.filter(({ name }) =>
  [
    'thread engines, memory',
    'thread engines, threads',
    'process engines, ZeroMQ',
    'process engines, WebSocket',
  ].includes(name),
)

describe.each(links)('$name', (combination) => {
  let cluster: Cluster
  let client: Client
  beforeAll(async () => {
    const started = await startCluster({ ...combination, options: { ...combination.options, engines: 2 } })
    cluster = started.cluster
    client = started.client
  })
  afterAll(async () => {
    await client?.close()
    await cluster?.stop()
  })

  test.each(resultCases)('$name', async ({ make, expected }) => {
    const made = make(client)
    const result = made instanceof Promise ? (await made)() : made
    // Subscribed and read from the beginning, and once more after the end: it comes to the same.
    const first = { read: read(result), observed: observed(result) }
    const states = lastValueFrom(result.status$.pipe(toArray()))
    const steps = lastValueFrom(result.progress$.pipe(toArray()))

    expect(await settled(result)).toEqual(expected.outcome)
    expect(await settled(result.get({ timeout: 60_000 }))).toEqual(expected.outcome)
    expect(await settled(result.finally(() => {}))).toEqual(expected.outcome)
    expect(await result.wait()).toBe(true)
    expect(await result.wait(0)).toBe(true)
    for (const reading of [first.read, first.observed, read(result), observed(result)]) {
      const { items, end } = await reading
      expect({ items: expected.sorted ? items.sort(byNumber) : items, end }).toEqual(readingOf(expected))
    }

    const { status } = expected
    const { ready, successful, progress } = result
    expect({ status: result.status, ready, successful, progress }).toEqual({
      status,
      ready: true,
      successful: status === 'succeeded',
      progress: expected.progress,
    })
    const order = ['pending', 'running', status]
    const path = await states
    expect(path.at(-1)).toBe(status)
    expect(path).toEqual(order.filter((state) => path.includes(state as typeof status)))
    const done = (await steps).map((step) => step.done)
    expect((await steps).at(-1)).toEqual(expected.progress)
    expect(done).toEqual([...done].sort(byNumber))
    expect(new Set((await steps).map((step) => JSON.stringify(step))).size).toBe(done.length)
    expect(result.error && failureOf(result.error)).toEqual(
      status === 'succeeded'
        ? undefined
        : expected.outcome instanceof Failure
          ? expected.outcome
          : new Failure('YM_COMPOSITE'),
    )

    expect(await lastValueFrom(result.output$.pipe(toArray()))).toEqual([])
    expect(await lastValueFrom(result.emitted$.pipe(toArray()))).toEqual([])
    expect([result.stdout, result.stderr]).toEqual(['', ''])

    const { metadata } = result
    if (expected.tasks !== 'many') {
      expect(metadata.map((task) => task.status)).toEqual(expected.tasks)
      expect(result.ids).toHaveLength(expected.tasks.length)
    }
    expect(metadata.map(({ id }) => id)).toEqual(result.ids)
    expect(metadata.reduce((sum, { items }) => sum + items, 0)).toBe(expected.progress.done)
    for (const { submittedAt, startedAt = submittedAt, endedAt, durationMs } of metadata) {
      expect(submittedAt).toBeLessThanOrEqual(startedAt)
      expect(startedAt).toBeLessThanOrEqual(endedAt)
      expect(durationMs).toBeGreaterThanOrEqual(0)
    }
    expect(result.serialTime).toBe(metadata.reduce((sum, { durationMs }) => sum + durationMs, 0))
    const submitted = metadata.map(({ submittedAt }) => submittedAt)
    const ended = metadata.map(({ endedAt }) => endedAt)
    expect(result.wallTime).toBe(metadata.length > 0 ? Math.max(...ended) - Math.min(...submitted) : 0)
    expect(result.speedup).toBe(result.serialTime / result.wallTime)
    const { elapsed } = result
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(result.elapsed).toBe(elapsed)

    let shown = ''
    const stream = new Writable({
      write(chunk, _encoding, next) {
        shown += chunk
        next()
      },
    })
    await result.interactive({ stream })
    expect(shown).toContain(`${status}, ${expected.progress.done}/${expected.progress.total}`)

    result.abort()
    expect(await settled(result)).toEqual(expected.outcome)
    expect(result.status).toBe(status)
  })

  test('while it has not ended', async () => {
    const result = (await begun(client))()
    expect(result).toMatchObject({
      ready: false,
      successful: false,
      error: undefined,
      metadata: [],
      progress: { done: 0 },
    })
    expect(result.ids).toHaveLength(1)
    expect(result.wallTime).toBeNaN()
    expect(result.speedup).toBeNaN()
    expect(result.serialTime).toBe(0)
    expect(await result.wait(0)).toBe(false)
    expect(await settled(result.get({ timeout: 0 }))).toEqual(new Failure('YM_TIMEOUT'))
    const { elapsed } = result
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(result.elapsed).toBeGreaterThan(elapsed)
    result.abort()
    expect(await result.wait()).toBe(true)
  })

  test('what a task threw arrives with all of its causes', async () => {
    const error = await client
      .loadBalancedView()
      .apply(nested)
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RemoteError)
    const thrown = (error as RemoteError).cause
    expect(thrown).toMatchObject({
      message: 'outer',
      cause: { name: 'TypeError', message: 'inner', cause: 'the core' },
    })
    expect((thrown as Error).cause).toBeInstanceOf(TypeError)
  })

  test('several errors stand together, each once, in the order of the items', async () => {
    const map = client.loadBalancedView().with({ chunk: 2 }).map(noOdd, range)
    const error = await map.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CompositeError)
    const messages = (error as CompositeError).errors.map(({ message }) => message.replace(/^engine \d: /, ''))
    expect(messages).toEqual([1, 3, 5, 7].map((x) => `RangeError: ${x} is odd`))
  })

  test('times of results that were had by id are those of their tasks', async () => {
    const lview = client.loadBalancedView()
    const result = lview.apply(sleep, 50)
    await result
    await new Promise((resolve) => setTimeout(resolve, 100))
    const again = client.getResult(result)
    await again
    const [{ submittedAt, endedAt } = { submittedAt: 0, endedAt: 0 }] = again.metadata
    expect(again.wallTime).toBe(endedAt - submittedAt)
    expect(again.wallTime).toBe(result.wallTime)
    expect(again.speedup).toBeLessThanOrEqual(1)
  })
})
