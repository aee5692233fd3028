import type { Bar, EngineLine, OpenBar } from '../../cluster/dashboard/feed/run.ts'

/** Rows within the row of an engine, at most. */
const lanesMax = 8

export interface Lane {
  readonly lane: number
  /** Of so many. */
  readonly lanes: number
}

/** Where an engine runs several tasks side by side: a lane for each attempt, so that none that overlap lie on each other as far as there is room. */
export function lanesOf(
  engines: readonly EngineLine[],
  bars: readonly Bar[],
  open: readonly OpenBar[],
  nowMs: number,
): ReadonlyMap<Bar | OpenBar, Lane> {
  const found = new Map<Bar | OpenBar, Lane>()
  const wide = new Map(
    engines.filter(({ concurrency }) => concurrency > 1).map(({ id, concurrency }) => [id, concurrency]),
  )
  if (wide.size === 0) return found
  const spans = [
    ...bars.filter(([engine]) => wide.has(engine)).map((bar) => ({ bar, startMs: bar[1], endMs: bar[2] })),
    ...open.filter(([engine]) => wide.has(engine)).map((bar) => ({ bar, startMs: bar[1], endMs: nowMs })),
  ].sort((a, b) => a.startMs - b.startMs)
  const ends = new Map<number, number[]>()
  for (const { bar, startMs, endMs } of spans) {
    const lanes = Math.min(lanesMax, wide.get(bar[0]) ?? 1)
    const busyUntil = ends.get(bar[0]) ?? new Array<number>(lanes).fill(Number.NEGATIVE_INFINITY)
    ends.set(bar[0], busyUntil)
    const free = busyUntil.findIndex((end) => end <= startMs)
    const lane = free < 0 ? busyUntil.indexOf(Math.min(...busyUntil)) : free
    busyUntil[lane] = endMs
    found.set(bar, { lane, lanes })
  }
  return found
}
