import type { EngineId } from '../../core/ids.ts'
import type { Engines, EngineView } from './strategy.ts'

/** The engine with this number, if it is among those offered. O(log n), as `Engines` says. */
export function offered(engines: Engines, id: EngineId): EngineView | undefined {
  const next = engines.after(id - 1)
  return next.id === id ? next : undefined
}
