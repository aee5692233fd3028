import { afterEach, expect, test, vi } from 'vitest'
import { ConfigurationError } from '../../../core/errors.ts'
import { strategy } from '../../../scheduler/strategies/strategy.ts'
import { analyse } from '../../../sim/lab/compare/analyse.ts'
import { compareStrategies } from '../../../sim/lab/compare/compare-strategies.ts'
import type { MeasureName } from '../../../sim/lab/compare/measures.ts'
import { fixedWorkload, generatedWorkload } from '../../../sim/lab/compare/workload-source.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'
import { bytesText, chanceText, numberText, percentText } from '../../../sim/report/number-text.ts'
import { renderReport } from '../../../sim/report/render-report.ts'
import { loadSvgDrawing } from '../../../sim/report/svg-drawing.ts'

afterEach(() => {
  vi.doUnmock('echarts/dist/echarts.esm.min.mjs')
})

const provenance = {
  version: '1.2.3',
  command: "yardmaster simulate --workload 'a<b>'",
  settings: { seed: '1', network: '<instant>' },
}

type Settings = Parameters<typeof compareStrategies>[0]

function reportOn(settings: Settings, ...measures: MeasureName[]): Promise<string> {
  const comparison = compareStrategies(settings)
  return renderReport(
    comparison,
    measures.map((measure) => analyse(comparison, { measure })),
    provenance,
  )
}

const web = generatedWorkload('poisson:perSecond=80,tasks=300,durations=exponential:100', 'web')
const strategies = ['plainrandom', 'powerOf2', 'leastload'] as const
const onLoads: Settings = {
  workloads: [web],
  strategies,
  engines: engines(10),
  hwm: 0,
  repeat: 7,
  loads: [0.3, 0.6, 0.9],
}

/** By id, the SVGs of a page. */
function chartsOf(page: string): Map<string, string> {
  const found = [...page.matchAll(/<svg id="([^"]+)".*?<\/svg>/gs)].map(([text, id]) => [id as string, text] as const)
  expect(new Set(found.map(([id]) => id)).size).toBe(found.length)
  expect(page.match(/<svg/g)).toHaveLength(found.length)
  return new Map(found)
}

/** Whatever stands between tags is passed over; what is opened must be closed, in order. */
function checkNesting(page: string): void {
  const isVoid = /^(meta|br|link|img|input|hr)$/
  const open: string[] = []
  for (const [, slash, name = '', rest = ''] of page.matchAll(/<(\/?)([a-z][\w-]*)([^>]*)>/gi)) {
    if (slash) expect(open.pop()).toBe(name)
    else if (!isVoid.test(name) && !rest.endsWith('/')) open.push(name)
  }
  expect(open).toEqual([])
}

/** So that a failure does not print the page. */
function among(page: string, pattern: RegExp): string[] {
  return page.match(pattern) ?? []
}

/** What every report must hold to. */
function checkPage(page: string): void {
  checkNesting(page)
  expect(among(page, /.{0,60}(\bNaN\b|\bundefined\b|\bInfinity\b|\[object|\bnull\b)/g)).toEqual([])
  // It needs nothing from anywhere, and runs nothing.
  expect(among(page, /<script|\b(src|href)="(?!#).*|@import|\burl\((?!#).*/g)).toEqual([])
  expect(among(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, ''), /https?:.*/g)).toEqual([])
  // All colours are those of the page, which knows a light and a dark one.
  const body = page.replace(/<style>.*?<\/style>/s, '')
  expect(among(body, /(fill|stroke)="(#|rgb|black).*/g)).toEqual([])
  expect(among(page, /prefers-color-scheme:dark/g)).toHaveLength(1)
  for (const svg of chartsOf(page).values()) {
    const [, title, description] = /aria-labelledby="(\S+) (\S+)"/.exec(svg) ?? []
    expect(svg).toMatch(new RegExp(`<title id="${title}">[^<]+</title><desc id="${description}">[^<]{30,}</desc>`))
    expect(svg).toContain('role="img"')
    expect(svg).toContain('viewBox="')
  }
  for (const [table] of page.matchAll(/<table>.*?<\/table>/gs)) {
    expect(table).toMatch(/<caption>[^<]+<\/caption>/)
    const widths = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => row?.match(/<t[hd][ >]/g)?.length)
    expect(new Set(widths).size).toBe(1)
  }
}

test('a report on several loads has every chart and every table', async () => {
  const page = await reportOn(onLoads, 'response', 'waitP99')
  checkPage(page)
  const charts = chartsOf(page)
  const perScenario = [0, 1, 2].flatMap((i) =>
    ['response', 'wait', 'gantt-0', 'gantt-1', 'gantt-2'].map((kind) => `scenario-${i}-${kind}`),
  )
  const perMeasure = [0, 1].flatMap((i) => ['load-0', 'heat', 'profile'].map((kind) => `measure-${i}-${kind}`))
  expect([...charts.keys()].sort()).toEqual([...perMeasure, ...perScenario].sort())
  for (const text of ['Friedman’s test', 'Wilcoxon’s signed-rank test of each pair, over 21 blocks', 'All metrics']) {
    expect(page).toContain(text)
  }
  expect(page).toContain('leastload ranks first, better than every other by more than chance')
  // A line for each strategy, an interval at each load.
  const load = charts.get('measure-0-load-0') ?? ''
  for (const series of [0, 1, 2]) {
    const strokes = load.match(new RegExp(`fill="none" stroke="var\\(--series-${series}\\)"`, 'g')) ?? []
    expect(strokes.length).toBeGreaterThanOrEqual(1 + 3 * 3)
  }
})

test('what was run is escaped, and how to run it again is there', async () => {
  const page = await reportOn({ ...onLoads, loads: [0.5], repeat: 1 }, 'response')
  expect(page).toContain('<pre><code>yardmaster simulate --workload &#39;a&#60;b&#62;&#39;</code></pre>')
  expect(page).toContain('&#60;instant&#62;')
  expect(page).not.toContain('<instant>')
})

test('a Gantt chart has a bar for each task of each core', async () => {
  const workload = workloadOf([
    { durationMs: 10, cores: 2 },
    { durationMs: 5, cores: 2 },
    { durationMs: 5, cores: 4, after: [1] },
  ])
  const page = await reportOn(
    {
      workloads: [fixedWorkload('three', workload)],
      strategies: ['leastload'],
      engines: engines(1, { cores: 4 }),
      repeat: 1,
    },
    'makespan',
  )
  checkPage(page)
  const gantt = chartsOf(page).get('scenario-0-gantt-0') ?? ''
  expect(gantt.match(/fill="var\(--series-/g)).toHaveLength(8)
  expect(page).toContain('leastload ran alone: there is nothing to compare it with.')
})

test('a report warns of what it cannot tell', async () => {
  const page = await reportOn({ ...onLoads, loads: [2], repeat: 3 }, 'response')
  checkPage(page)
  expect(page).toContain('With 3 blocks no difference of a pair can be told from chance')
  expect(page).toContain('MSER-5 found no end of the warm-up')
})

test('strategies that do the same lead together', async () => {
  const same = strategy('same', (_task, engines) => engines.leastLoaded())
  const page = await reportOn({ ...onLoads, strategies: ['plainrandom', 'leastload', same], loads: [0.8] }, 'response')
  expect(page).toContain('leastload and same share the first rank, better than every other by more than chance')
})

test('of one block nothing is tested', async () => {
  const workload = workloadOf([{ durationMs: 30_000 }, { durationMs: 40_000 }, { durationMs: 50_000 }])
  const one: Settings = { workloads: [fixedWorkload('three', workload)], strategies, engines: engines(2), repeat: 3 }
  const page = await reportOn(one, 'makespan')
  checkPage(page)
  expect(page).toContain('of one block nothing can be tested')
  expect(page).not.toContain('Wilcoxon')
  expect([...chartsOf(page).keys()]).not.toContain('measure-0-profile')
  expect(page).toContain('80 ± 0 s')
})

test('where a strategy is perfect, others are infinitely worse, and nothing breaks', async () => {
  const page = await reportOn({ ...onLoads, loads: [0.05, 0.3], repeat: 2 }, 'wait')
  checkPage(page)
  expect(page).toContain('∞')
})

test('many scenarios have tables, and the first of them charts', async () => {
  const page = await reportOn(
    { ...onLoads, loads: Array.from({ length: 10 }, (_, i) => (i + 1) / 10), repeat: 2 },
    'response',
  )
  checkPage(page)
  expect([...chartsOf(page).keys()].filter((id) => /scenario-\d+-gantt-0/.test(id))).toHaveLength(8)
  expect(page.match(/All metrics/g)).toHaveLength(10)
})

test('without ECharts it is said what to install', async () => {
  vi.doMock('echarts/dist/echarts.esm.min.mjs', () => {
    throw new Error('not there')
  })
  const load = loadSvgDrawing('report.html')
  await expect(load).rejects.toThrow(ConfigurationError)
  await expect(load).rejects.toThrow(/report\.html needs the package echarts, .*npm install echarts/)
})

test('numbers for people', () => {
  expect([0, 0.12345, 12.3456, 123_456.7, 0.00001234, Number.POSITIVE_INFINITY].map(numberText)).toEqual([
    '0',
    '0.1235',
    '12.35',
    '123,457',
    '1.2e-5',
    '∞',
  ])
  expect([0, 0.00001, 0.0533, 1.5, 250].map(percentText)).toEqual(['0 %', '< 0.01 %', '5.33 %', '150 %', '25,000 %'])
  expect([0, 1, 1_500, 6_265_518_370].map(bytesText)).toEqual(['0 B', '1 B', '1.5 kB', '6.27 GB'])
  expect([1, 0.05, 0.00001].map(chanceText)).toEqual(['1.0000', '0.0500', '< 0.0001'])
})
