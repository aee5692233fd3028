import { type EngineView, strategy } from './strategy.ts'

/**
 * Shortest expected delay: the engine where the task would end first if all tasks were alike, that is the least
 * max(cores, load + 1) / (cores · speed); with one core, (load + 1) / speed. O(engines) a task.
 * Ties: the faster engine, then the one with fewer tasks, then the least recently used. No randomness.
 * Source: Weinrib, Shenker, Greed is not Enough: Adaptive Load Sharing in Large Heterogeneous Systems, INFOCOM 1988.
 */
export const sed = strategy('sed', (_task, engines) => {
  let best = engines.at(0)
  for (let i = 1; i < engines.size; i += 1) {
    const engine = engines.at(i)
    if (isBefore(engine, best)) best = engine
  }
  return best
})

function isBefore(a: EngineView, b: EngineView): boolean {
  const [first, second] = [delayAt(a), delayAt(b)]
  if (first !== second) return first < second
  if (a.speed !== b.speed) return a.speed > b.speed
  return a.load === b.load ? a.lastUsed < b.lastUsed : a.load < b.load
}

function delayAt({ load, cores, speed }: EngineView): number {
  return Math.max(cores, load + 1) / (cores * speed)
}
