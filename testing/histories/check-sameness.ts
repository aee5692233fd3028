import type { History } from './history.ts'
import type { RunCheck } from './invariant-check.ts'
import { playHistory } from './play.ts'

/** Checks that the same seed gives the same run, byte for byte. */
export const sameSeedSameRun: RunCheck<History> = {
  number: 27,
  sentence: 'the same seed gives the same run, byte for byte',
  *examine(history) {
    const [first, second] = [run(history), run(history)]
    const at = first.findIndex((line, i) => line !== second[i])
    if (at >= 0) yield `at its line ${at} one run says '${first[at]}', and another one '${second[at]}'`
  },
}

function run(history: History): string[] {
  const { ledger, story } = playHistory(history, { checks: [] }).observer
  const sent = ledger.sent.map(({ id, attempt, engine }) => `${id}#${attempt} to ${engine}`)
  const replies = [...ledger.tasks.values()].map(({ id, reply }) => `${id}: ${JSON.stringify(reply)}`)
  return [...sent, ...replies, ...story]
}
