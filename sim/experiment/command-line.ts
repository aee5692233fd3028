import type { ExperimentArguments } from './plan.ts'

/** A line of shell that asks for the same experiment. */
export function commandLine(given: ExperimentArguments): string {
  const { workloads, strategies, engines, networks, loads, repeat, measures, settings } = given
  const { hwm, information, decisionDelayMs, decisionIntervalMs, warmUp, seed } = settings
  const options: readonly (readonly [string, readonly (string | number)[] | string | number | undefined])[] = [
    ['strategies', strategies],
    ['engines', engines],
    ['network', networks],
    ['loads', loads],
    ['repeat', repeat],
    ['seed', seed],
    ['hwm', hwm],
    ['information', information],
    ['decision-delay', decisionDelayMs || undefined],
    ['decision-interval', decisionIntervalMs || undefined],
    ['warm-up', warmUp],
    ['measures', measures],
  ]
  const words = options.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoted(Array.isArray(value) ? value.join(',') : String(value))],
  )
  return ['yardmaster simulate --workload', ...workloads.map(quoted), ...words].join(' ')
}

function quoted(word: string): string {
  return /^[\w.,:=@/+%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
