import type { EngineId, TaskId } from '../core/ids.ts'
import type { QueueStatus, TaskStatus } from '../core/messages.ts'
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
    engines: [...engines.values()].map(({ id, load, direct, stage }) => {
      const completed = peers.get(id)?.completed ?? 0
      return { id, load, direct: direct.length, completed, ...(stage === 'serving' ? {} : { draining: true as const }) }
    }),
  }
}

export function resultStatus({ tasks }: SchedulerState, ids: readonly TaskId[]): Record<TaskId, TaskStatus> {
  return Object.fromEntries(
    ids.map((id) => {
      const task = tasks.get(id)
      return [id, task === undefined ? 'unknown' : task.purged ? 'purged' : task.status]
    }),
  )
}
