import type { Analysis } from '../lab/compare/analyse.ts'
import { type ComparedRun, type Comparison, scenarioKey, scenarioLabels } from '../lab/compare/comparison.ts'
import { measureOf } from '../lab/compare/measures.ts'
import type { Chart } from './chart.ts'
import { distributionChart } from './distribution-chart.ts'
import { figure } from './figure.ts'
import { ganttChart } from './gantt-chart.ts'
import { heatMap } from './heat-map.ts'
import { Html, html } from './html.ts'
import { loadCharts } from './load-chart.ts'
import { profileChart } from './profile-chart.ts'
import type { Provenance } from './provenance.ts'
import { degradationTable, meansTable, metricsTable, pairsTable, ranksTable, verdict } from './statistics-tables.ts'
import { style } from './style.ts'
import { type DrawSvg, loadSvgDrawing } from './svg-drawing.ts'
import { table } from './table.ts'

/** Of so many scenarios there are pictures of what ran where, and of distributions: a page has an end. */
const picturedMax = 8

/**
 * A comparison as one page of HTML that needs nothing else: neither a network nor scripts.
 *
 * @param analyses of this comparison, one for each measure that the page tells of
 * @param provenance how it came to be, if the page is to tell
 * @throws ConfigurationError where ECharts, which is optional, is not installed
 */
export async function renderReport(
  comparison: Comparison,
  analyses: readonly Analysis[],
  provenance?: Provenance,
): Promise<string> {
  const draw = await loadSvgDrawing('a report')
  const { strategies, runs } = comparison
  const scenarios = [...new Map(runs.map(({ scenario }) => [scenarioKey(scenario), scenario])).values()]
  const labels = scenarioLabels(scenarios)
  const runsOf = scenarios.map((one) => runs.filter(({ scenario }) => scenarioKey(scenario) === scenarioKey(one)))
  const sections = [
    ...analyses.map((one, i) => ({
      id: `measure-${i}`,
      title: measureOf(one.measure).says,
      body: measured(one, i, labels, draw),
    })),
    { id: 'scenarios', title: 'Each scenario', body: scenarioDetails(strategies, labels, runsOf, draw) },
    ...(provenance ? [{ id: 'settings', title: 'How it was made', body: settings(provenance) }] : []),
  ]
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${strategies.join(', ')}: scheduling strategies compared</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>${strategies.join(', ')}</h1>
<p>Scheduling strategies, compared by simulation in ${count(scenarios.length, 'scenario')}, ${count(runs.length, 'run')}. In each repetition all of them met the same tasks at the same times.</p>
${analyses.map((one) => html`<p>${verdict(one)}</p>`)}
${warnings(runs, analyses).map((text) => html`<p class="note">${text}</p>`)}
<nav aria-label="Contents"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${capital(title)}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(({ id, title, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${capital(title)}</h2>${body}</section>\n`)}
</main>
</body>
</html>
`
  return page.text
}

const aboutTests =
  'A block is a repetition of a workload that is drawn, or a workload out of a file with the mean of its repetitions: blocks are independent of each other. Signs and ranks are those of relative differences. “By” is the mean of these, with its interval. Holm’s correction keeps the chance to be wrong even once, in all rows of a table together, below what stands there; the rank-biserial correlation is 1 where the one was better in every block, and 0 where both were equally often and equally much.'

/** All that there is for one measure. */
function measured(analysis: Analysis, number: number, labels: readonly string[], draw: DrawSvg): Html {
  const id = `measure-${number}`
  const { strategies, scenarios, pairs, blocks } = analysis
  const isCompared = strategies.length > 1
  const isTested = isCompared && blocks > 1
  const charts = [
    ...loadCharts(`${id}-load`, analysis),
    ...(isCompared ? [heatMap(`${id}-heat`, analysis)] : []),
    ...(isTested ? [profileChart(`${id}-profile`, analysis)] : []),
  ]
  const apart = scenarios.flatMap((one, i) =>
    scenarios.length > 1 ? [pairsTable(one.pairs, `${labels[i]}: Wilcoxon’s signed-rank test of each pair`)] : [],
  )
  return html`${meansTable(analysis, labels)}
${charts.map((chart) => figure(chart, draw))}
${degradationTable(analysis, labels)}
${ranksTable(analysis)}
${isTested ? pairsTable(pairs, `Wilcoxon’s signed-rank test of each pair, over ${blocks} blocks`) : undefined}
${isTested && number === 0 ? html`<p>${aboutTests}</p>` : undefined}
${apart.some((one) => one !== undefined) ? html`<details><summary>Pairs, by scenario</summary>${apart}</details>` : undefined}
`
}

function scenarioDetails(
  strategies: readonly string[],
  labels: readonly string[],
  runsOf: readonly (readonly ComparedRun[])[],
  draw: DrawSvg,
): Html {
  const parts = runsOf.map((runs, i) => {
    const charts = i < picturedMax ? scenarioCharts(`scenario-${i}`, strategies, runs) : []
    return html`<details${i === 0 ? new Html(' open') : undefined}><summary>${labels[i]}</summary>
${metricsTable(strategies, runs)}
${charts.map((chart) => figure(chart, draw))}
</details>
`
  })
  const isCut = runsOf.length > picturedMax
  return html`${isCut ? html`<p>There are charts of the first ${picturedMax} of them.</p>` : undefined}${parts}`
}

function scenarioCharts(id: string, strategies: readonly string[], runs: readonly ComparedRun[]): Chart[] {
  const distributions = (['response', 'wait'] as const).map((column) =>
    distributionChart(`${id}-${column}`, column, strategies, runs),
  )
  const pictured = runs.flatMap(({ strategy, gantt }) => (gantt && gantt.bars.length > 0 ? [{ strategy, gantt }] : []))
  const endMs = Math.max(...pictured.flatMap(({ gantt }) => gantt.bars.map(([, , end]) => end)))
  return [
    ...distributions.filter((chart) => chart !== undefined),
    ...pictured.map(({ strategy, gantt }, i) => ganttChart(`${id}-gantt-${i}`, strategy, gantt, endMs)),
  ]
}

function settings({ version, command, settings }: Provenance): Html {
  return html`<p>By Yardmaster ${version}. This command gives the same results:</p>
<pre><code>${command}</code></pre>
${table({ caption: 'Settings', heads: ['setting', 'value'], rows: Object.entries(settings) })}
`
}

/** What a reader might else take for more than it is. */
function warnings(runs: readonly ComparedRun[], analyses: readonly Analysis[]): string[] {
  const short = runs.filter(({ isTooShort }) => isTooShort).length
  const blocks = analyses[0]?.blocks ?? 0
  const isTested = (analyses[0]?.strategies.length ?? 0) > 1
  return [
    ...(short > 0
      ? [
          `In ${short} of ${count(runs.length, 'run')} MSER-5 found no end of the warm-up in the first half, and all of that half was left out: these runs are too short for a steady state, or the load is more than the engines can do.`,
        ]
      : []),
    ...(isTested && blocks > 1 && blocks < 6
      ? [
          `With ${blocks} blocks no difference of a pair can be told from chance at 5 %, however large it is: that takes six.`,
        ]
      : []),
  ]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
