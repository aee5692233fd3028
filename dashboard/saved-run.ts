import { type Run, runVersion } from '../cluster/dashboard/feed/run.ts'

/** The run as a file. Its numbers are as they were shown. */
export function savedText(run: Run): string {
  return JSON.stringify(run)
}

/** A name that sorts by time: `default-2026-11-26T16-33-44.yardmaster.json`. */
export function savedName({ cluster, startedAt }: Run): string {
  const time = new Date(startedAt).toISOString().slice(0, 19).replaceAll(':', '-')
  return `${cluster}-${time}.yardmaster.json`
}

/** Rejects what is no saved run, with the reason, before any part of the page meets it. */
export function readSavedRun(text: string): Run {
  if (text.startsWith('{"type":"trace"')) {
    throw new Error('it is a recording: make a page of it with yardmaster trace FILE --to page')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('it is no JSON')
  }
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 'yardmaster-run') {
    throw new Error('it was not saved by this page')
  }
  const run = value as Run
  if (run.version !== runVersion) throw new Error(`it is of version ${run.version}, and this page reads ${runVersion}`)
  const missing = lists.find((name) => !Array.isArray(run[name]))
  if (missing) throw new Error(`it has no list of ${missing}`)
  const histograms = run.histograms as Partial<Run['histograms']> | undefined
  const isWhole =
    typeof run.counts === 'object' &&
    typeof run.memory === 'object' &&
    [histograms?.wait, histograms?.run, histograms?.latency].every(Array.isArray)
  if (!isWhole) throw new Error('it is not whole')
  return { ...run, open: [] }
}

const lists = ['strategies', 'changes', 'labels', 'engines', 'points', 'bars', 'open', 'errors', 'sessions'] as const
