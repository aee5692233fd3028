/** A thousand engines and ten thousand tasks a second: the page goes on, and what it is told stays small. */
import { describe, expect, test, vi } from 'vitest'
import { noChromium, startChromium } from '../browser/chromium.ts'
import { FeedClient } from './feed-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'

const load = { engines: 1_000, tasksPerSecond: 10_000, labels: 12 }

test('what is told does not grow with the tasks', async () => {
  const bytesOf = async (tasksPerSecond: number): Promise<number> => {
    await using cluster = await SimulatedCluster.start({ ...load, tasksPerSecond })
    const feed = new FeedClient(cluster.dashboard.link)
    await vi.waitUntil(() => feed.run)
    cluster.run()
    // Every engine has had a task by then.
    await vi.waitUntil(() => cluster.ended > 2_000, { timeout: 30_000 })
    let bytes = 0
    let updates = 0
    feed.socket.on('message', (data: Buffer) => {
      bytes += data.length
      updates += 1
    })
    await vi.waitUntil(() => updates >= 6, { timeout: 30_000 })
    expect(feed.run?.engines).toHaveLength(1_000)
    feed.socket.close()
    return bytes / updates
  }
  const few = await bytesOf(5_000)
  const many = await bytesOf(20_000)
  expect(many).toBeLessThan(1.5 * few)
  expect(many).toBeLessThan(150_000)
})

describe.skipIf(noChromium)('in Chromium', () => {
  test('frames go on', async () => {
    const browser = await startChromium()
    try {
      await using cluster = await SimulatedCluster.start(load)
      const page = await browser.newPage({ viewport: { width: 1_280, height: 1_600 } })
      await page.goto(cluster.dashboard.link)
      await page.locator('[data-link=live]').waitFor()
      const frames = (ms: number) => page.evaluate<number>(framesWithin(ms))
      const idle = await frames(2_000)
      cluster.run()
      const text = async () =>
        Number((await page.locator('[data-figure=ended] .value').textContent())?.replaceAll(',', ''))
      await vi.waitUntil(async () => (await text()) > 40_000, { timeout: 60_000, interval: 200 })
      const busy = await frames(4_000)
      console.info(`frames a second: ${idle / 2} idle, ${busy / 4} with ${load.tasksPerSecond} tasks a second`)
      expect(busy / 4).toBeGreaterThan((idle / 2) * 0.25)
      // It keeps up: what it shows is not from long ago.
      expect(await text()).toBeGreaterThan(cluster.ended - 3 * load.tasksPerSecond)
      expect(await page.locator('[data-figure=engines] .value').textContent()).toBe('1,000')
      await page.close()
    } finally {
      await browser.close()
    }
  })
})

/** How many frames the page draws in so many milliseconds. */
const framesWithin = (ms: number) => `new Promise((resolve) => {
  let frames = 0
  const end = performance.now() + ${ms}
  const next = () => {
    frames += 1
    if (performance.now() < end) requestAnimationFrame(next)
    else resolve(frames)
  }
  requestAnimationFrame(next)
})`
