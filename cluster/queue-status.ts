import type { EngineId } from '../core/ids.ts'
import type { QueueStatus } from '../core/messages.ts'
import type { SchedulerState } from '../scheduler/state.ts'
import type { EnginePeer } from './engine-peer.ts'

/** How many tasks are where. */
export function queueStatus(
  { counts, engines, strategy }: SchedulerState,
  peers: ReadonlyMap<EngineId, EnginePeer>,
): QueueStatus {
  const { waiting, ready, assigned, running, succeeded, failed, aborted, timedOut, impossible } = counts
  return {
    waiting,
    ready,
    assigned,
    running,
    ended: succeeded + failed + aborted + timedOut + impossible,
    strategy: strategy.strategy.name,
    engines: [...engines.values()].map(({ id, load, direct }) => {
      return { id, load, direct: direct.length, completed: peers.get(id)?.completed ?? 0 }
    }),
  }
}
