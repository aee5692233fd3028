import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, ROOT_CONTEXT, type SpanContext, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Client, Cluster } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { Yardmaster } from '../cli/yardmaster.ts'
import { host, killAll } from './hosted.ts'

const otel = new URL('./programs/otel.mjs', import.meta.url).href

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: { readonly code: SpanStatusCode; readonly message?: string }
  readonly attributes: Record<string, unknown>
  readonly events: readonly string[]
  readonly links: readonly string[]
  readonly pid: number
  readonly thread: number
}

let folder: string
let file: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yardmaster-spans-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  count += 1
  file = join(folder, `${count}.jsonl`)
  vi.stubEnv('SPANS_FILE', file)
})
afterEach(killAll)

function spans(): Span[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  return lines.map((line) => JSON.parse(line) as Span)
}

/** An engine's may come after the result. */
const soon = { timeout: 20_000, interval: 20 }

/** Of the spans of this name, once there are so many. */
function named(name: string, count = 1): Promise<Span[]> {
  const found = () => spans().filter((span) => span.name === name)
  return vi.waitFor(() => {
    expect(found()).toHaveLength(count)
    return found()
  }, soon)
}

/** In a span of the program's own. */
async function within<T>(name: string, body: () => PromiseLike<T>): Promise<{ value: T; span: SpanContext }> {
  return trace.getTracer('test').startActiveSpan(name, async (span) => {
    try {
      return { value: await body(), span: span.spanContext() }
    } finally {
      span.end()
    }
  })
}

async function connect({ address, key }: { address: string; key: string }): Promise<Client> {
  return Client.connect(address, { key, tracing: otel })
}

const traced = { engineKind: 'process', transport: 'websocket', tracing: otel } as const

test('one trace leads from the program through client, controller and engine into the task', async () => {
  const hosted = await host({ ...traced, engines: 1, name: 'traced' })
  await using client = await connect(hosted)
  async function double(x: number) {
    const { trace } = await import('@opentelemetry/api')
    await trace.getTracer('task').startActiveSpan('inner', async (span) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      span.end()
    })
    return 2 * x
  }
  const { value, span: root } = await within('program', () => client.loadBalancedView().apply(double, 4))
  expect(value).toBe(8)
  const [inner] = await named('inner')
  const [process_] = await named('process double')
  const [attempt] = await named('attempt')
  const [schedule] = await named('schedule')
  const [call] = await named('apply double')
  const chain = [call, schedule, attempt, process_, inner] as Span[]
  expect(chain.map(({ traceId }) => traceId)).toEqual(chain.map(() => root.traceId))
  expect(chain.map(({ parent }) => parent)).toEqual([root.spanId, ...chain.slice(0, -1).map(({ spanId }) => spanId)])
  expect(chain.map(({ kind }) => kind)).toEqual([
    ...[SpanKind.PRODUCER, SpanKind.INTERNAL, SpanKind.CLIENT, SpanKind.CONSUMER, SpanKind.INTERNAL],
  ])
  // Three processes, and in the engine's the thread that runs tasks.
  expect(new Set(chain.map(({ pid }) => pid)).size).toBe(3)
  expect(call?.pid).toBe(process.pid)
  expect(attempt?.pid).toBe(schedule?.pid)
  expect([process_?.pid, process_?.thread]).toEqual([inner?.pid, inner?.thread])
  expect(process_?.thread).toBeGreaterThan(0)
  const id = schedule?.attributes['messaging.message.id']
  expect(id).toMatch(/^\w+\.\d+$/)
  expect(call?.attributes).toMatchObject({ 'messaging.system': 'yardmaster', 'messaging.operation.type': 'send' })
  expect(schedule?.attributes).toMatchObject({
    'messaging.destination.name': 'traced',
    'yardmaster.state': 'succeeded',
  })
  expect(schedule?.events).toContain('assigned')
  expect(process_?.attributes).toMatchObject({
    'messaging.operation.type': 'process',
    'messaging.message.id': id,
    'yardmaster.attempt': 1,
    'yardmaster.outcome': 'succeeded',
  })
  for (const { status } of chain) expect(status.code).toBe(SpanStatusCode.UNSET)
})

test('each attempt has a span, and errors are told where they happen', async () => {
  const hosted = await host({ ...traced, engines: 2 })
  await using client = await connect(hosted)
  const view = client.loadBalancedView()
  const fails = () => {
    throw new RangeError(`attempt ${currentTask().attempt}`)
  }
  await expect(view.with({ label: 'failing', retries: 1 }).apply(fails)).rejects.toThrow('attempt 2')
  const processed = await named('process fails', 2)
  expect(processed.map(({ status }) => status)).toEqual([
    { code: SpanStatusCode.ERROR, message: 'attempt 1' },
    { code: SpanStatusCode.ERROR, message: 'attempt 2' },
  ])
  for (const { events } of processed) expect(events).toEqual(['exception'])
  const attempts = await named('attempt', 2)
  expect(attempts.map(({ attributes, status }) => [attributes['yardmaster.attempt'], status.code])).toEqual([
    [1, SpanStatusCode.ERROR],
    [2, SpanStatusCode.ERROR],
  ])
  expect(processed.map(({ parent }) => parent)).toEqual(attempts.map(({ spanId }) => spanId))
  const [schedule] = await named('schedule failing')
  expect(new Set(attempts.map(({ parent }) => parent))).toEqual(new Set([schedule?.spanId]))
  expect(schedule).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'yardmaster.attempts': 2 } })
  const [call] = await named('apply failing')
  expect(call).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: expect.stringContaining('attempt 2') },
    events: ['exception'],
  })
})

test('an engine that is killed shows as an attempt that was lost', async () => {
  const hosted = await host({ ...traced, engines: 2 })
  await using client = await connect(hosted)
  const dies = () => {
    if (currentTask().attempt === 1) process.kill(process.pid, 'SIGKILL')
    return 'elsewhere'
  }
  expect(await client.loadBalancedView().apply(dies)).toBe('elsewhere')
  const attempts = await named('attempt', 2)
  expect(attempts.map(({ attributes }) => attributes['yardmaster.outcome'])).toEqual(['lost', 'succeeded'])
  expect(attempts[0]?.status.code).toBe(SpanStatusCode.ERROR)
  const [first, second] = attempts.map(({ attributes }) => attributes['yardmaster.engine'])
  expect(first).not.toBe(second)
  // The process that was killed could say nothing.
  const [processed] = await named('process dies')
  expect(processed?.parent).toBe(attempts[1]?.spanId)
  expect((await named('schedule'))[0]?.status.code).toBe(SpanStatusCode.UNSET)
})

test('a map is one call, whose later chunks are under it too; so is a graph, whose nodes are linked; so are direct calls', async () => {
  const hosted = await host({ ...traced, engines: 2 })
  await using client = await connect(hosted)
  const view = client.loadBalancedView()
  const items = Array.from({ length: 40 }, (_, i) => i)
  // More chunks than are submitted at once.
  await view.with({ chunk: 1 }).map(function square(x: number) {
    return x * x
  }, items)
  const [map] = await named('map square')
  expect(map?.attributes['messaging.batch.message_count']).toBe(40)
  const schedules = await named('schedule', 40)
  expect(new Set(schedules.map(({ parent }) => parent))).toEqual(new Set([map?.spanId]))
  expect((await named('process square', 40)).every(({ traceId }) => traceId === map?.traceId)).toBe(true)

  const { node } = await import('yardmaster')
  await view.graph({ one: node(() => 1, []), two: node(() => 2, [], { after: ['one'] }) })
  const [[graph], [one], [two]] = [await named('graph'), await named('schedule one'), await named('schedule two')]
  expect([one?.parent, two?.parent]).toEqual([graph?.spanId, graph?.spanId])
  expect(two?.links).toEqual([one?.spanId])

  await client
    .directView('all')
    .with({ label: 'all of them' })
    .apply(() => currentTask().engineId)
  const [direct] = await named('direct all of them')
  const both = await named('schedule all of them', 2)
  expect(both.map(({ parent }) => parent)).toEqual([direct?.spanId, direct?.spanId])
  const engines = await vi.waitFor(() => {
    const found = both.map(({ spanId }) => spans().find(({ parent }) => parent === spanId))
    expect(found.every((attempt) => attempt !== undefined)).toBe(true)
    return found.map((attempt) => spans().filter(({ parent }) => parent === attempt?.spanId).length)
  }, soon)
  expect(engines).toEqual([1, 1])
})

test('what nobody traces, or nobody records, leaves no span', async () => {
  const hosted = await host({ ...traced, engines: 1 })
  expect(await hosted.client.loadBalancedView().apply(() => 1)).toBe(1)
  await using client = await connect(hosted)
  const unsampled = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 }
  const around = trace.setSpanContext(ROOT_CONTEXT, unsampled)
  expect(await context.with(around, () => client.loadBalancedView().apply(() => 2))).toBe(2)
  // After them, so that theirs would be there.
  expect(
    await client
      .loadBalancedView()
      .with({ label: 'seen' })
      .apply(() => 3),
  ).toBe(3)
  await named('apply seen')
  await vi.waitUntil(() => spans().length >= 4, { timeout: 20_000 })
  expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(1)
})

test('a controller that does not trace hands on what a client said to an engine that does', async () => {
  const hosted = await host({ engines: 0, transport: 'websocket' })
  using yardmaster = new Yardmaster()
  const module = new URL(otel).pathname
  const engine = yardmaster.spawn(['engine', '--address', hosted.address, '--tracing', module], {
    YARDMASTER_KEY: hosted.key,
  })
  await engine.says(/joined/, 'stderr')
  await using client = await connect(hosted)
  function late() {
    return 'ran'
  }
  const { value, span } = await within('program', () => client.loadBalancedView().apply(late))
  expect(value).toBe('ran')
  const [[call], [processed]] = [await named('apply late'), await named('process late')]
  expect([call?.parent, processed?.parent, processed?.traceId]).toEqual([span.spanId, call?.spanId, span.traceId])
  expect(spans().map(({ name }) => name)).not.toContain('schedule')
})

test('inline engines and clients of a cluster share the SDK of their thread', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'inline', tracing: otel })
  const client = await cluster.connect()
  const seen = await client.loadBalancedView().apply(async function look() {
    const { trace } = await import('@opentelemetry/api')
    await null
    return trace.getActiveSpan()?.spanContext().spanId
  })
  const [processed] = await named('process look')
  expect(seen).toBe(processed?.spanId)
})

test('spans that wait in an engine’s thread are sent before it ends', async () => {
  vi.stubEnv('SPANS_BATCHED', '1')
  const cluster = await Cluster.start({ engines: 1, tracing: otel })
  const client = await cluster.connect()
  await client.loadBalancedView().apply(function batched() {
    return 1
  })
  await cluster.stop()
  expect(spans().filter(({ name }) => name === 'process batched')).toHaveLength(1)
})

test.each(['onStart', 'onEnd'])('an SDK whose processor throws in %s hurts no task', async (where) => {
  vi.stubEnv('SPANS_THROW', where)
  const throws = new URL('./programs/otel-throws.mjs', import.meta.url).href
  const hosted = await host({ ...traced, tracing: throws, engines: 1 })
  await using client = await connect(hosted)
  const view = client.loadBalancedView()
  const results = view.with({ chunk: 1 }).map((x: number) => x + 1, [1, 2, 3])
  expect(await results.get({ timeout: 20_000 })).toEqual([2, 3, 4])
  const fails = view.apply(() => {
    throw new RangeError('its own')
  })
  await expect(fails.get({ timeout: 20_000 })).rejects.toThrow('its own')
  expect(readFileSync(file, 'utf8')).toContain(`${where} throws\n`)
  const engines = (await client.queueStatus()).engines.map(({ id }) => id)
  expect(engines).toEqual([0])
})

test('a controller and its engines trace where --tracing says so', async () => {
  const key = Buffer.alloc(32, 7).toString('base64url')
  using yardmaster = new Yardmaster()
  const controller = yardmaster.spawn(['controller', '-n', '1', '--tracing', new URL(otel).pathname], {
    YARDMASTER_KEY: key,
  })
  await controller.says(/engine 0 joined/, 'stderr')
  await controller.says(/more engines/, 'stderr')
  const [address = ''] = /ws:[\w.:/]+/.exec(controller.stderr) ?? []
  await using client = await connect({ address, key })
  await client.loadBalancedView().apply(function hosted() {
    return 1
  })
  const [[schedule], [processed]] = [await named('schedule'), await named('process hosted')]
  expect(processed?.traceId).toBe(schedule?.traceId)
})

test('a module that does not load is told', async () => {
  for (const tracing of ['./otel.mjs', 'file:///nowhere/otel.mjs']) {
    const failed = Cluster.start({ engines: 0, tracing })
    await expect(failed).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringContaining('otel.mjs'),
    })
  }
})
