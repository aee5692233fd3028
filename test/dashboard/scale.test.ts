/** A thousand engines and ten thousand tasks a second: the page goes on, and what it is told stays small. */
import { describe, expect, test } from 'vitest'
import { noChromium, startChromium } from '../browser/chromium.ts'
import { isFull } from '../scale.ts'
import { FeedClient } from './feed-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'

const load = { engines: 1_000, tasksPerSecond: 10_000, labels: 12 }

test('what is told does not grow with the tasks', async () => {
  const bytesOf = async (tasksPerSecond: number): Promise<number> => {
    await using cluster = await SimulatedCluster.start({ ...load, tasksPerSecond })
    const feed = new FeedClient(cluster.dashboard.link)
    await expect.poll(() => feed.run).toBeDefined()
    cluster.run()
    // Every engine has had a task by then.
    await expect.poll(() => cluster.ended).toBeGreaterThan(2_000)
    let bytes = 0
    let updates = 0
    feed.socket.on('message', (data: Buffer) => {
      bytes += data.length
      updates += 1
    })
    await expect.poll(() => updates).toBeGreaterThanOrEqual(6)
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
  test('the page goes on, answers, and ends with the numbers of all', async () => {
    const browser = await startChromium()
    try {
      await using cluster = await SimulatedCluster.start(load)
      const page = await browser.newPage({ viewport: { width: 1_280, height: 1_600 } })
      await page.goto(cluster.dashboard.link)
      await page.locator('[data-link=live]').waitFor()
      const figure = (name: string) => page.locator(`[data-figure=${name}] .value`).textContent()
      const frames = (ms: number) => page.evaluate<number>(framesWithin(ms))
      const idle = isFull ? await frames(2_000) : 0
      cluster.run(isFull ? 80_000 : 40_000)
      await expect.poll(() => cluster.ended).toBeGreaterThan(2_000)
      await page.getByRole('button', { name: 'Whole run' }).click()
      const isFollowing = () => page.getByRole('button', { name: 'Follow' }).getAttribute('aria-pressed')
      await expect.poll(isFollowing).toBe('false')
      if (isFull) {
        const busy = await frames(4_000)
        console.info(`frames a second: ${idle / 2} idle, ${busy / 4} with ${load.tasksPerSecond} tasks a second`)
        expect(busy).toBeGreaterThan(0.01 * idle)
      }
      await expect.poll(() => figure('ended')).toBe(isFull ? '80,000' : '40,000')
      const others = ['failed', 'ready', 'at-engines', 'engines']
      expect(await Promise.all(others.map(figure))).toEqual([isFull ? '80' : '40', '0', '0', '1,000'])
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
