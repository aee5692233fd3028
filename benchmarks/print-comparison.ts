/** A comparison as a table for people: what has changed, and of how much else it can be said that it has not. */
import type { ComparedFigure, Comparison } from './compare.ts'
import { estimateText, valueText } from './number-text.ts'
import type { Interval } from './statistics.ts'
import { textTable } from './table.ts'

/** With fewer, a single change among hundreds of figures cannot be told from chance. */
const roundsEnough = 10

export function comparisonText({ figures, onlyBefore, onlyAfter, roundsLeast }: Comparison): string {
  const changed = figures.filter(({ verdict }) => verdict === 'better' || verdict === 'worse')
  const unknown = figures.filter(({ verdict }) => verdict === 'too few rounds').length
  const heads = ['', 'before', 'after', '×', '× of the ratio', '']
  const rows = changed.map((one) => [
    nameOf(one),
    `${valueText(one.before)}`,
    `${valueText(one.after)} ${one.unit}`,
    factorText(one.factor, one.factorInterval),
    factorText(one.ratioFactor, one.ratioFactorInterval),
    one.verdict,
  ])
  const lines = [
    `${changed.length} of ${figures.length} figures changed beyond noise${unknown > 0 ? `; ${unknown} were taken in too few rounds to say` : ''}`,
    ...(roundsLeast !== undefined && roundsLeast < roundsEnough
      ? [
          `With ${roundsEnough} rounds or more (--rounds) single changes can be told from chance; here some figures have ${roundsLeast}.`,
        ]
      : []),
    ...(onlyBefore.length > 0 ? [`${onlyBefore.length} figures are in the earlier run alone`] : []),
    ...(onlyAfter.length > 0 ? [`${onlyAfter.length} figures are in this run alone`] : []),
  ]
  return `${lines.join('\n')}\n${changed.length > 0 ? `\n${textTable(heads, rows)}` : ''}`
}

function nameOf({ suite, measure, subject, at, figure }: ComparedFigure): string {
  return `${suite}: ${measure}: ${subject}${at === undefined ? '' : ` at ${valueText(at)}`}: ${figure}`
}

function factorText(median: number | undefined, interval: Interval | undefined): string {
  return median === undefined ? '' : estimateText({ median, ...(interval ? { interval } : {}) })
}
