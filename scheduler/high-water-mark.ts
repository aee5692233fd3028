import type { EngineRecord } from './engine-record.ts'
import type { HighWaterMark } from './events.ts'

/**
 * `'auto'`: about two round trips of work at each engine, so that it never waits for the link, and no more, so that nothing
 * waits there which another engine could take. An engine that runs c tasks side by side has room for as many: mark =
 * ⌈c · 2 · round trip / mean duration⌉ between c and 1,024, hence c as soon as tasks take longer than two round trips. It starts at c,
 * at most doubles with each message of results (one round trip apart), and falls at once.
 */
const markMax = 1_024
/** Below the resolution of clocks, a duration says nothing. */
const durationMinMs = 0.001
/** Assumed until measured. */
export const initialRttMs = 0.2

export function initialMark(hwm: HighWaterMark, concurrency: number): number {
  if (hwm === 'auto') return Math.min(concurrency, markMax)
  return hwm === 0 ? Number.POSITIVE_INFINITY : hwm
}

/** A task ran there. Weight 1/8, so that a slow first task (loading, compiling) is soon forgotten. */
export function observeDuration(engine: EngineRecord, durationMs: number): void {
  engine.meanMs = Number.isNaN(engine.meanMs) ? durationMs : engine.meanMs + (durationMs - engine.meanMs) / 8
}

/** The link was measured. */
export function observeRoundTrip(engine: EngineRecord, rttMs: number): void {
  engine.rttMs += (rttMs - engine.rttMs) / 4
}

/** The mark of an 'auto' engine after its latest message. */
export function nextMark(engine: EngineRecord): number {
  if (Number.isNaN(engine.meanMs)) return engine.mark
  const { cores: concurrency, rttMs, meanMs, mark } = engine
  const wanted = Math.ceil((concurrency * 2 * rttMs) / Math.max(meanMs, durationMinMs))
  return Math.min(Math.max(concurrency, Math.min(wanted, 2 * mark)), markMax)
}
