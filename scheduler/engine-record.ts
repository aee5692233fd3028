import type { EngineId, TaskId } from '../core/ids.ts'
import type { HighWaterMark } from './events.ts'
import type { EngineView } from './strategies/strategy.ts'
import type { TaskRecord } from './task.ts'

/** What an ended task still occupies at its engine. */
export interface Zombie {
  readonly attempt: number
  readonly cores: number
}

/** One live engine. */
export class EngineRecord implements EngineView {
  readonly id: EngineId
  readonly hwm: HighWaterMark
  /** How many tasks it runs side by side. */
  readonly cores: number
  readonly speed: number
  freeCores: number
  /** `tasks.length` plus the number of zombies. */
  load = 0
  mark: number
  lastUsed: number
  /** Load-balanced tasks assigned and running here, in no order; each knows its index. */
  readonly tasks: TaskRecord[] = []
  /** Direct tasks assigned and running here, likewise; they are no load. */
  readonly direct: TaskRecord[] = []
  /** Attempts of ended tasks that the engine has not answered for yet, by task; undefined until there is one. */
  zombies: Map<TaskId, Zombie> | undefined = undefined
  /** `draining`: it is to leave when nothing needs it. `released`: it was told to. */
  stage: 'serving' | 'draining' | 'released' = 'serving'
  /** Serving and below its mark, and so in the index. */
  available = false
  /** Its place in the index, in order of arrival. */
  ordinal = -1
  /** Measured round trip, smoothed. */
  rttMs: number
  /** Mean duration of its tasks, smoothed; NaN before the first. */
  meanMs = Number.NaN

  constructor(
    { id, hwm, cores, speed }: Pick<EngineRecord, 'id' | 'hwm' | 'cores' | 'speed'>,
    mark: number,
    lastUsed: number,
    rttMs: number,
  ) {
    this.id = id
    this.hwm = hwm
    this.cores = cores
    this.speed = speed
    this.freeCores = cores
    this.mark = mark
    this.lastUsed = lastUsed
    this.rttMs = rttMs
  }
}
