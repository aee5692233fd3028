/** Browsers take part: a page as client, a tab as engine. A real Chromium, a real controller, over WebSocket on loopback. */
import { createRequire } from 'node:module'
import { type } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, task, UnmetDependencyError } from 'yardmaster'
import { Cable } from '../system/cable.ts'
import { noChromium, startChromium } from './chromium.ts'
import { type PageServer, startPageServer } from './page-server.ts'

if (noChromium) process.stderr.write(`skipped: browsers as clients and engines, since ${noChromium}\n`)

const tasks: typeof import('./programs/tasks.mjs') = createRequire(import.meta.url)('./programs/tasks.mjs')
let server: PageServer
let browser: Browser

// Without a browser there is nothing to test with, which is said above.
describe.skipIf(noChromium)('in Chromium', () => {
  beforeAll(async () => {
    server = await startPageServer()
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  test('a page maps over engines in Node', async () => {
    await using cluster = await clusterForPages(2)
    const page = await openPage()
    const told = await run(page, 'client.mjs', 'map', { ...placeOf(cluster), count: 10_000 })
    expect(told).toEqual({ isRight: true, count: 10_000, engines: 2 })
    await page.close()
  })

  test('functions of a page take along what they are given by name, and no more', async () => {
    await using cluster = await clusterForPages(1)
    const page = await openPage()
    const module = fileURLToPath(new URL('./programs/double.mjs', import.meta.url))
    expect(await run(page, 'client.mjs', 'functions', { ...placeOf(cluster), module })).toEqual({
      bound: 41,
      exported: 42,
      bytes: ['Uint8Array', 100_000, true],
      captured: {
        name: 'CaptureError',
        code: 'YM_CAPTURE',
        message: expect.stringMatching(/captures 'rate', which cannot be read.*bind\(\{ rate: … \}, fn\)/),
      },
      failed: [true, 'SyntaxError', true],
      printed: 'from Node\n',
      parts: [1, 2],
      pulled: 42,
    })
    await page.close()
  })

  test('a page whose link is cut seeks it again, and misses no result', async () => {
    await using cluster = await clusterForPages(2)
    const place = placeOf(cluster)
    await using cable = await Cable.to(place.address)
    const page = await openPage()
    expect(await run(page, 'client.mjs', 'beginMap', { ...place, address: cable.address, count: 100 })).toBe('ready')
    cable.cut()
    expect(await run(page, 'client.mjs', 'finish', {})).toEqual({ isRight: true, count: 100, status: 'ready' })
    await page.close()
  })

  test('a page that the controller does not let in is told what may be the reason', async () => {
    await using cluster = await Cluster.start({ engines: 0, transport: 'websocket' })
    const page = await openPage()
    expect(await run(page, 'client.mjs', 'connectError', placeOf(cluster))).toEqual({
      code: 'YM_UNREACHABLE',
      name: 'UnreachableError',
      message: expect.stringContaining(`origins: ['${server.origin}']`),
    })
    await page.close()
  })

  test('a page with another key is refused', async () => {
    await using cluster = await clusterForPages(0)
    const page = await openPage()
    const place = { ...placeOf(cluster), key: Buffer.alloc(32, 1).toString('base64url') }
    expect(await run(page, 'client.mjs', 'connectError', place)).toMatchObject({ code: 'YM_AUTHENTICATION' })
    await page.close()
  })

  test('a tab does the tasks of a client in Node, in a worker', async () => {
    await using cluster = await clusterForPages(0)
    const client = await cluster.connect()
    const page = await startTab(cluster)
    await client.waitForEngines(1)
    const lview = client.loadBalancedView()
    const offset = 7
    const fold = (x: number) => x * 2 + offset
    expect(
      await lview.map(
        (x: number) => fold(x),
        Array.from({ length: 1000 }, (_, x) => x),
      ),
    ).toEqual(Array.from({ length: 1000 }, (_, x) => x * 2 + 7))
    expect(await lview.apply(() => typeof (globalThis as { process?: unknown }).process)).toBe('undefined')
    const told = lview.apply(tasks.tell, new Uint8Array(300_000))
    const emitted: unknown[] = []
    told.emitted$.subscribe((value) => emitted.push(value))
    expect(await told).toBe(client.ids[0])
    expect(emitted).toEqual([300_000])
    expect(told.stdout).toBe('from a tab {"of":"Chromium"}\n')
    await expect(lview.apply(() => JSON.parse('{'))).rejects.toMatchObject({ remoteName: 'SyntaxError' })
    const parts: number[] = []
    const counting = lview.apply(function* () {
      for (let i = 0; i < 200; i += 1) yield i
    })
    for await (const part of counting) parts.push(part)
    expect(parts).toEqual(Array.from({ length: 200 }, (_, i) => i))
    const dview = client.directView(0)
    await dview.push({ left: 40 })
    await dview.execute('right = 2; sum = left + right')
    expect(await dview.pull('sum')).toBe(42)
    await page.close()
  })

  test('what only Node can do says so where there are tabs alone', async () => {
    await using cluster = await clusterForPages(0)
    const client = await cluster.connect()
    const page = await startTab(cluster)
    await client.waitForEngines(1)
    const lview = client.loadBalancedView()
    await expect(lview.apply(tasks.system)).rejects.toThrow(UnmetDependencyError)
    await page.close()
  })

  test('a module that only browsers load is for tabs, also where an engine in Node is asked first', async () => {
    await using cluster = await clusterForPages(1)
    const client = await cluster.connect()
    const page = await openPage()
    const tab = await run(page, 'engine.mjs', 'startInWorker', placeOf(cluster))
    await client.waitForEngines(2)
    const place = task<typeof import('./programs/double.mjs').place>(`${server.origin}/programs/double.mjs`, 'place')
    const results = await client.loadBalancedView().with({ chunk: 1 }).map(place, Array(8).fill(0))
    expect(results).toEqual(Array(8).fill('worker'))
    const system = await client.loadBalancedView().with({ chunk: 1 }).map(tasks.system, Array(8).fill(0))
    expect(system).toEqual(Array(8).fill(type()))
    expect(client.ids).toContain(tab)
    await page.close()
  })

  test('a tab that is closed amid its tasks loses none', async () => {
    await using cluster = await clusterForPages(1)
    const client = await cluster.connect()
    const page = await startTab(cluster)
    const ids = await client.waitForEngines(2)
    const tab = ids.at(-1) as number
    const result = client
      .loadBalancedView()
      .with({ chunk: 1 })
      .map(
        tasks.whereAfter,
        Array(60).fill(30),
        Array.from({ length: 60 }, (_, x) => x),
      )
    while (!result.ready && !result.metadata.some(({ engineId }) => engineId === tab)) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await page.close()
    const values = await result
    expect(values.map(([x]) => x)).toEqual(Array.from({ length: 60 }, (_, x) => x))
    expect(new Set(values.map(([, engine]) => engine))).toEqual(new Set(ids))
    expect(client.ids).toHaveLength(1)
  })

  test('a busy task in a tab stops no heartbeat, and is ended with its worker', async () => {
    await using cluster = await clusterForPages(0, { heartbeatMs: 750, abortGraceMs: 100 })
    const client = await cluster.connect()
    const page = await startTab(cluster)
    const [tab] = await client.waitForEngines(1)
    const lview = client.loadBalancedView()
    // Far longer than the heartbeat after which an engine that is silent is given up.
    expect(await lview.apply(tasks.whereBusy, 4_000)).toBe(tab)
    const endless = lview.apply(() => {
      for (;;);
    })
    const waiting = lview.apply((x: number) => x + 1, 1)
    await expect.poll(() => endless.status).toBe('running')
    endless.abort()
    await expect(endless).rejects.toMatchObject({ code: 'YM_ABORTED' })
    expect(await waiting).toBe(2)
    expect(client.ids).toEqual([tab])
    // The one that was in the loop is gone.
    await expect.poll(() => page.workers().length).toBe(1)
    await page.close()
  })

  test('the example draws with engines in Node and the tab that was lent', async () => {
    await using cluster = await clusterForPages(1)
    const page = await browser.newPage()
    const failures: unknown[] = []
    page.on('pageerror', (error) => failures.push(error))
    await page.goto(`${server.origin}/example/index.html#${new URLSearchParams({ ...placeOf(cluster) })}`)
    await page.getByRole('button', { name: 'Lend this tab' }).click()
    await page.getByText('2 engines: thread-0, this tab').waitFor()
    await page.getByRole('button', { name: 'Draw' }).click()
    await page.getByText(/^480 lines by 2 engines in \d+ ms$/).waitFor()
    expect(failures).toEqual([])
    // Within the set the count is at its limit, where each colour is full, and far outside it is 1.
    const colours = await page.evaluate(`['200,240', '5,5'].map((at) => {
      const [x, y] = at.split(',').map(Number)
      return [...document.getElementById('picture').getContext('2d').getImageData(x, y, 1, 1).data]
    })`)
    expect(colours).toEqual([
      [255, 255, 255, 255],
      [5, 2, 81, 255],
    ])
    await page.close()
  })
})

async function clusterForPages(engines: number, options: { heartbeatMs?: number; abortGraceMs?: number } = {}) {
  const transportOptions = { origins: [server.origin] }
  return Cluster.start({ engines, transport: 'websocket', transportOptions, ...options })
}

interface Place {
  readonly address: string
  readonly key: string
}

function placeOf({ addresses, key }: Cluster): Place {
  return { address: String(addresses[0]), key: Buffer.from(key).toString('base64url') }
}

async function openPage(): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(server.origin)
  return page
}

async function startTab(cluster: Cluster): Promise<Page> {
  const page = await openPage()
  await run(page, 'engine.mjs', 'start', placeOf(cluster))
  return page
}

/** Calls what a program exports, in the page. As text: what runs this file rewrites its functions. */
function run(page: Page, program: string, name: string, argument: object): Promise<unknown> {
  return page.evaluate(`import('/programs/${program}').then((program) => program.${name}(${JSON.stringify(argument)}))`)
}
