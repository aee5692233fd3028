/** The feed of a real cluster, and who is let in to it. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Client, Cluster } from 'yardmaster'
import { Viewer } from '../system/from-dist.ts'
import { FeedClient } from './feed-client.ts'

let cluster: Cluster
let client: Client
let link: string
beforeAll(async () => {
  cluster = await Cluster.start({ engines: 2, dashboard: true, name: 'shown' })
  client = await cluster.connect()
  link = cluster.dashboardUrl as string
})
afterAll(() => cluster.stop())

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await ask(url, headers)).status
}

describe('who is let in', () => {
  const plain = () => link.replace(/\?.*/, '')

  test('whoever has the link, and from then on their browser', async () => {
    const { status: first, headers, body } = await ask(link)
    expect(first).toBe(200)
    expect(body).toContain('<title>Yardmaster</title>')
    const [cookie] = (headers['set-cookie'] ?? []) as string[]
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/)
    expect(await status(plain(), { cookie: (cookie as string).split(';')[0] as string })).toBe(200)
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'sha256-")
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['referrer-policy']).toBe('no-referrer')
  })

  test('nobody else', async () => {
    expect(await status(plain())).toBe(401)
    expect(await status(`${plain()}?token=${'x'.repeat(32)}`)).toBe(401)
    expect(await status(`${link}x`)).toBe(401)
    expect(await status(plain(), { cookie: `yardmaster-dashboard-${new URL(link).port}=x` })).toBe(401)
    expect(await status(link.replace('/?', '/other?'))).toBe(404)
    expect((await ask(link, {}, 'POST')).status).toBe(405)
    expect(await new FeedClient(`${plain()}?token=x`).status).toBe(401)
  })

  test('no page of another origin, nor one whose name only leads here', async () => {
    expect(await status(link, { origin: 'https://evil.example' })).toBe(403)
    expect(await status(link, { host: 'evil.example' })).toBe(403)
    expect(await new FeedClient(link, { origin: 'https://evil.example' }).status).toBe(403)
    expect(await new FeedClient(link, { origin: new URL(link).origin }).status).toBe(101)
  })

  test('a proxy that is named, for pages of its own', async () => {
    await using behind = await Cluster.start({ engines: 0, dashboard: { hosts: ['watch.example'] } })
    const there = behind.dashboardUrl as string
    expect(await status(there, { host: 'watch.example', origin: 'https://watch.example' })).toBe(200)
    const { status: refused, body } = await ask(there, { host: 'other.example' })
    expect(refused).toBe(403)
    expect(body).toMatch(/--dashboard-host NAME, or dashboard: \{ hosts: \['NAME'\] \}/)
  })

  test('it is not served where others can reach it, unless that is wanted', async () => {
    const started = Cluster.start({ engines: 0, dashboard: '0.0.0.0:0' })
    await expect(started).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringContaining('dashboard'),
    })
    await expect(Cluster.start({ engines: 0, dashboard: 'nonsense::' })).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
    })
  })

  test('a page that speaks nonsense is let go, and nobody else notices', async () => {
    const strange = new FeedClient(link)
    const other = new FeedClient(link)
    await Promise.all([strange.status, other.status])
    const closed = new Promise((resolve) => strange.socket.once('close', resolve))
    strange.say('{"type":"shutdown"}')
    expect(await closed).toBe(1008)
    await expect.poll(() => other.run).toBeDefined()
    other.socket.close()
  })
})

describe('what is told', () => {
  test('engines, tasks, sessions, errors with their stacks, and durations', async () => {
    const feed = new FeedClient(link)
    const view = client.loadBalancedView()
    await Promise.all(Array.from({ length: 50 }, () => view.with({ label: 'square' }).apply((x: number) => x * x, 3)))
    const failing = view.with({ label: 'doomed' }).apply(function explode() {
      throw new RangeError('too far')
    })
    await expect(failing).rejects.toThrow('too far')
    const mapped = view.map(
      (x: number) => {
        if (x === 2) throw new TypeError(`no ${x}`)
        return x
      },
      [1, 2, 3],
    )
    await expect(mapped).rejects.toThrow()
    const isTold = ({ run } = feed) =>
      run && run.counts.failed >= 2 && run.errors.length >= 2 && run.sessions[0]?.ended === run.submitted
    await expect.poll(isTold).toBe(true)
    const run = feed.run as NonNullable<typeof feed.run>
    const { submitted } = run
    const { succeeded, failed } = run.counts
    expect(submitted).toBe(succeeded + failed)
    expect(run.cluster).toBe('shown')
    expect(run.engines.map(({ id, kind }) => [id, kind])).toEqual([
      [0, 'thread'],
      [1, 'thread'],
    ])
    expect(run.engines.reduce((sum, { completed }) => sum + completed, 0)).toBe(succeeded + failed)
    expect(run.engines.reduce((sum, engine) => sum + engine.failed, 0)).toBe(failed)
    expect(run.sessions).toMatchObject([
      { id: client.session, isConnected: true, submitted, ended: submitted, live: 0 },
    ])
    for (const counts of Object.values(run.histograms) as number[][]) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(submitted)
    }
    const doomed = run.errors.find(({ name }) => name === 'RangeError')
    expect(doomed).toMatchObject({ message: 'too far', attempt: 1, stack: expect.stringMatching(/explode/) })
    expect(run.labels[doomed?.label ?? -1]).toBe('doomed')
    expect(run.errors.map(({ message }) => message).join()).toContain('no 2')
    // So few are all drawn.
    const squares = run.bars.filter(([, , , label]) => run.labels[label] === 'square')
    expect(squares).toHaveLength(50)
    expect(run.bars.filter(([, , , , outcome]) => outcome === 1)).toHaveLength(failed)
    expect(run.points.at(-1)?.memory.resident).toBeGreaterThan(2 ** 20)
    // Who comes later is told the same.
    const later = new FeedClient(link)
    await expect.poll(() => later.run).toBeDefined()
    expect(later.run).toMatchObject({ counts: run.counts, labels: run.labels, bars: run.bars, errors: run.errors })
    expect(later.run?.histograms).toEqual(run.histograms)
    for (const { socket } of [feed, later]) socket.close()
  })

  test('what runs now, and what was lost with its engine', async () => {
    await using other = await Cluster.start({ engines: 1, engineKind: 'process', dashboard: true })
    const feed = new FeedClient(other.dashboardUrl as string)
    const mine = await other.connect()
    const ended = mine
      .loadBalancedView()
      .with({ label: 'long', retryOnEngineLoss: false })
      .apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 60_000))
      })
    ended.catch(() => {})
    await expect.poll(() => feed.run?.open.length).toBe(1)
    expect(feed.run).toMatchObject({ counts: { running: 1 }, engines: [{ id: 0, load: 1 }] })
    const [engine] = feed.run?.engines ?? []
    process.kill(engine?.pid as number, 'SIGKILL')
    await expect(ended).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    await expect.poll(() => feed.run?.engines[0]?.left).toBeDefined()
    await expect.poll(() => feed.run?.errors).not.toEqual([])
    expect(feed.run?.errors).toMatchObject([{ name: 'YM_ENGINE_LOST', engine: 0 }])
    expect(feed.run?.bars).toMatchObject([[0, expect.any(Number), expect.any(Number), 0, 4, expect.any(String)]])
  })

  test('another strategy is put in force, or refused with the reason', async () => {
    const feed = new FeedClient(link)
    await expect.poll(() => feed.run).toBeDefined()
    feed.say({ type: 'setStrategy', request: 1, strategy: 'roundRobin' })
    await expect.poll(() => feed.answers[1]).toBeDefined()
    expect(feed.answers[1]).toEqual({ type: 'answer', request: 1 })
    expect((await client.queueStatus()).strategy).toBe('roundRobin')
    await expect.poll(() => feed.run?.strategy).toBe('roundRobin')
    feed.say({ type: 'setStrategy', request: 2, strategy: 'no such' })
    await expect.poll(() => feed.answers[2]).toBeDefined()
    expect(feed.answers[2]?.error).toContain("There is no strategy 'no such'")
    expect((await client.queueStatus()).strategy).toBe('roundRobin')
    feed.socket.close()
  })

  test('a page that takes nothing is passed over, and then told the whole', async () => {
    const [slow, quick] = [new FeedClient(link), new FeedClient(link)]
    await expect.poll(() => slow.runs + quick.runs).toBe(2)
    const before = quick.run?.counts.failed ?? 0
    slow.socket.pause()
    const passedOver = vi.spyOn(Viewer.prototype, 'skip')
    const view = client.loadBalancedView()
    const padding = 'x'.repeat(1_000)
    // Long errors, 180 KB in each update, fill what the system keeps for it, and then what the server does.
    let rounds = 0
    for (; passedOver.mock.calls.length === 0; rounds += 1) {
      expect(rounds, 'rounds in which it was told everything').toBeLessThan(400)
      const failing = Array.from({ length: 20 }, () =>
        view.apply((text: string) => {
          throw new Error(text.repeat(8))
        }, padding),
      )
      await Promise.allSettled(failing)
      // With the answer to one, all are told what is new.
      quick.say({ type: 'setStrategy', request: rounds, strategy: 'leastload' })
      await expect.poll(() => quick.answers[rounds], { interval: 5 }).toBeDefined()
    }
    slow.socket.resume()
    await expect.poll(() => slow.runs).toBeGreaterThan(1)
    await expect.poll(() => slow.run?.counts.failed).toBe(before + 20 * rounds)
    for (const { socket } of [slow, quick]) socket.close()
  })

  test('how it ended is told to open pages, and the address is free again', async () => {
    const short = await Cluster.start({ engines: 1, dashboard: true })
    const there = short.dashboardUrl as string
    const feed = new FeedClient(there)
    await expect.poll(() => feed.run).toBeDefined()
    const mine = await short.connect()
    expect(await mine.loadBalancedView().apply((x: number) => x + 1, 1)).toBe(2)
    const closed = new Promise((resolve) => feed.socket.once('close', resolve))
    await short.stop()
    expect(await closed).toBe(1001)
    expect(feed.run?.counts.succeeded).toBe(1)
    await expect(ask(there)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
