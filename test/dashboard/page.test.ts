/** The page in a real browser, shown a real cluster. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, Cluster } from 'yardmaster'
import { pageOf } from '../../cluster/dashboard/page.ts'
import { readTrace } from '../../sim/trace/read-trace.ts'
import { toRun } from '../../sim/trace/to-run.ts'
import { noChromium, startChromium } from '../browser/chromium.ts'

/** Where the focus is, and with what outline. */
const focused = `(() => {
  const one = document.activeElement
  if (one === null || one === document.body) return ''
  return [...document.querySelectorAll('*')].indexOf(one) + ' ' + getComputedStyle(one).outlineStyle
})()`
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe.skipIf(noChromium)('the dashboard in Chromium', () => {
  let browser: Browser
  let cluster: Cluster
  let client: Client
  beforeAll(async () => {
    browser = await startChromium()
    cluster = await Cluster.start({ engines: 3, dashboard: true, name: 'shown' })
    client = await cluster.connect()
  })
  afterAll(async () => {
    await browser?.close()
    await cluster?.stop()
  })

  /** A page that must say nothing against itself: no error, nothing that its policy forbids. */
  async function open(
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<Page & { readonly complaints: string[] }> {
    const page = await browser.newPage(options)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(cluster.dashboardUrl as string)
    await page.locator('[data-link=live]').waitFor()
    return Object.assign(page, { complaints })
  }

  async function figure(page: Page, name: string): Promise<string> {
    return (await page.locator(`[data-figure=${name}] .value`).textContent()) ?? ''
  }

  async function work(tasks: number): Promise<void> {
    const view = client.loadBalancedView()
    const short = Array.from({ length: tasks }, (_, i) =>
      view.with({ label: i % 2 === 0 ? 'even' : 'odd' }).apply((ms: number) => {
        const end = Date.now() + ms
        while (Date.now() < end);
      }, 2),
    )
    await Promise.all(short)
  }

  test('shows what ran: engines, figures, errors with stacks, who submits', async () => {
    const page = await open()
    await work(60)
    const failing = client
      .loadBalancedView()
      .with({ label: 'doomed' })
      .apply(function explode() {
        throw new RangeError('too far')
      })
    await expect(failing).rejects.toThrow('too far')
    await expect.poll(() => figure(page, 'ended')).toBe('61')
    expect(await figure(page, 'engines')).toBe('3')
    expect(await figure(page, 'failed')).toBe('1')
    expect(await figure(page, 'ready')).toBe('0')
    const completed = await page.locator('[data-engine] td:nth-child(5)').allTextContents()
    expect(completed.map(Number).reduce((sum, one) => sum + one, 0)).toBe(61)
    const told = async () => {
      const cells = await page.locator(`[data-session="${client.session}"] td`).allTextContents()
      return [cells[1], cells[4], cells[5]]
    }
    await expect.poll(told).toEqual(['61', '61', '1'])
    await page.getByText('RangeError', { exact: true }).click()
    expect(await page.locator('.errors pre').textContent()).toMatch(/too far[\s\S]*explode/)
    // The chart's canvas has what ran.
    const label = await page.locator('canvas.gantt').getAttribute('aria-label')
    expect(label).toMatch(/^\d+ attempts drawn at 3 engines/)
    expect(await page.locator('.legend').textContent()).toMatch(/even.*odd|odd.*even/)
    // The token is in no place that others see.
    expect(page.url()).not.toContain('token')
    await page.reload()
    await page.locator('[data-link=live]').waitFor()
    expect(page.complaints).toEqual([])
    await page.close()
  })

  test('changes the strategy by keyboard alone', async () => {
    const page = await open()
    await page.getByLabel('Another strategy').waitFor()
    for (let i = 0; i < 10; i += 1) {
      await page.keyboard.press('Tab')
      if (await page.evaluate<boolean>("document.activeElement.matches('.strategy select')")) break
    }
    await page.keyboard.type('jsq')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('jsq is in force.').waitFor()
    expect((await client.queueStatus()).strategy).toBe('jsq')
    await expect.poll(() => page.locator('[data-strategy]').textContent()).toBe('jsq')
    await work(6)
    await page.close()
  })

  test('the chart of tasks is moved and zoomed by keyboard, and everything is reached', async () => {
    const page = await open()
    const chart = page.locator('canvas.gantt')
    const label = async () => (await chart.getAttribute('aria-label')) ?? ''
    const span = async () =>
      /from (.*) to (.*) of the run/
        .exec(await label())
        ?.slice(1)
        .join(' ')
    await page.getByRole('button', { name: 'Whole run' }).focus()
    await page.keyboard.press('Enter')
    const isFollowing = () => page.getByRole('button', { name: 'Follow' }).getAttribute('aria-pressed')
    await expect.poll(isFollowing).toBe('false')
    const whole = await span()
    expect(whole).toMatch(/^0 s /)
    await chart.focus()
    await page.keyboard.press('+')
    await expect.poll(span).not.toBe(whole)
    const zoomed = await span()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(span).not.toBe(zoomed)
    await page.keyboard.press('End')
    await expect.poll(isFollowing).toBe('true')
    // Whatever can be used with a pointer can be reached by Tab, and shows that it has the focus.
    const wanted = await page
      .locator('button:enabled, select, input:not([hidden]), summary, .scroll, canvas.gantt')
      .filter({ visible: true })
      .count()
    await page.evaluate('document.activeElement.blur()')
    const reached = new Set<string>()
    for (let i = 0; i < wanted + 5; i += 1) {
      await page.keyboard.press('Tab')
      const place = await page.evaluate<string>(focused)
      if (place === '') continue
      expect(place).not.toContain('none')
      reached.add(place)
    }
    expect(reached.size).toBeGreaterThanOrEqual(wanted)
    expect(page.complaints).toEqual([])
    await page.close()
  })

  test('what is saved shows the same when it is opened', async () => {
    const page = await open({ acceptDownloads: true })
    await work(10)
    // The page is told of what has ended a little later.
    const { ended } = await client.queueStatus()
    await expect.poll(async () => Number(await figure(page, 'ended'))).toBe(ended)
    await expect.poll(() => figure(page, 'at-engines')).toBe('0')
    const names = ['engines', 'ended', 'failed', 'latency', 'memory']
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^shown-\d{4}-.*\.yardmaster\.json$/)
    const path = await download.path()
    const saved = JSON.parse(readFileSync(path, 'utf8'))
    const live = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await figure(page, name)])))
    // Life goes on, and does not change what was saved.
    await work(5)
    await page.locator('input[type=file]').setInputFiles({
      name: 'run.json',
      mimeType: 'application/json',
      buffer: readFileSync(path),
    })
    await page.locator('[data-link=none]').waitFor()
    const reopened = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await figure(page, name)])))
    expect({ ...reopened, memory: '' }).toEqual({ ...live, memory: '' })
    expect(saved.counts.succeeded + saved.counts.failed).toBe(Number(reopened.ended))
    expect(await page.getByText('RangeError', { exact: true }).count()).toBe(1)
    await page.getByRole('button', { name: 'Back to the cluster' }).click()
    await page.locator('[data-link=live]').waitFor()
    await expect.poll(async () => Number(await figure(page, 'ended'))).toBe(Number(live.ended) + 5)
    // What is no such file is refused with the reason, and what was shown stays.
    await page.locator('input[type=file]').setInputFiles({
      name: 'other.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"format":"other"}'),
    })
    await page.getByText('other.json cannot be opened: it was not saved by this page.').waitFor()
    expect(await page.locator('[data-link=live]').count()).toBe(1)
    await page.close()
  })

  test.for(['light', 'dark'] as const)('axe finds no violation in %s, wide and narrow', async (colorScheme) => {
    for (const viewport of [
      { width: 1_280, height: 900 },
      { width: 390, height: 800 },
    ]) {
      const page = await open({ colorScheme, viewport, reducedMotion: 'reduce', bypassCSP: true })
      await page.locator('.errors summary').first().click()
      await page.evaluate(axe)
      const { violations } = await page.evaluate<AxeResults>('axe.run()')
      const told = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
      )
      expect(told).toEqual([])
      // Nothing is wider than the screen but what scrolls by itself.
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(viewport.width)
      await page.close()
    }
  })

  test('the switch overrules the system, and is remembered', async () => {
    const page = await open({ colorScheme: 'light' })
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.getByRole('combobox', { name: 'Colours' }).selectOption('dark')
    await expect.poll(background).not.toBe(light)
    await page.reload()
    await page.locator('[data-link=live]').waitFor()
    expect(await background()).not.toBe(light)
    await page.close()
  })

  test('a wrong token is refused', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const answer = await page.goto(`${cluster.dashboardUrl}x`)
    expect(answer?.status()).toBe(401)
    expect(await page.textContent('body')).toContain('Open the link that was printed')
    await context.close()
  })

  test('a recording is a page of its own, without a cluster', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yardmaster-page-'))
    try {
      const record = join(folder, 'run.jsonl')
      const recorded = await Cluster.start({ engines: 2, record, name: 'recorded' })
      const mine = await recorded.connect()
      await mine
        .loadBalancedView()
        .with({ label: '</script><b>' })
        .map((x: number) => x + 1, [1, 2, 3, 4])
      await recorded.stop()
      const file = join(folder, 'run.html')
      writeFileSync(file, pageOf(toRun(readTrace(readFileSync(record, 'utf8')))))
      const page = await browser.newPage()
      await page.goto(pathToFileURL(file).href)
      await page.locator('[data-link=none]').waitFor()
      expect(await page.locator('h1').textContent()).toContain('recorded')
      expect(await figure(page, 'engines')).toBe('2')
      expect(Number(await figure(page, 'ended'))).toBeGreaterThan(0)
      expect(await page.locator('.legend').textContent()).toContain('</script><b>')
      await page.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('the page of a cluster that has ended still shows the run', async () => {
    const short = await Cluster.start({ engines: 1, dashboard: true })
    const page = await browser.newPage()
    await page.goto(short.dashboardUrl as string)
    await page.locator('[data-link=live]').waitFor()
    const mine = await short.connect()
    await mine.loadBalancedView().apply((x: number) => x + 1, 1)
    await short.stop()
    await page.locator('[data-link=ended]').waitFor()
    expect(await figure(page, 'ended')).toBe('1')
    expect(await page.getByRole('button', { name: 'Save' }).isEnabled()).toBe(true)
    await page.close()
  })
})
