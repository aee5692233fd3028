import type { EngineId, SessionId, TaskId } from '../../core/ids.ts'
import type { DependencySpec, TaskSpec } from '../../scheduler/events.ts'
import type { SchedulerConfig } from '../../scheduler/state.ts'
import type { TaskRecord } from '../../scheduler/task.ts'
import type { InvariantCheck } from '../../testing/histories/invariant-check.ts'
import { Yard } from '../../testing/histories/yard.ts'

const client = 't' as SessionId

export function id(name: string | number): TaskId {
  return `t.${name}` as TaskId
}

export function on(ids: readonly TaskId[], flags: Partial<DependencySpec> = {}): DependencySpec {
  return { ids, all: true, success: true, failure: false, ...flags }
}

export function spec(name: string | number, extra: Partial<TaskSpec> = {}): TaskSpec {
  return { id: id(name), client, body: `body of ${name}`, ...extra }
}

/** A scheduler whose engines take one task at a time unless told otherwise, every step of which is checked. */
export class World extends Yard {
  constructor(config: SchedulerConfig = {}, checks?: readonly InvariantCheck[]) {
    super({ hwm: 1, ...config }, checks)
  }

  /** Everything that was sent, in order. */
  get assignments(): readonly { readonly id: TaskId; readonly engine: EngineId; readonly attempt: number }[] {
    return this.observer.ledger.sent
  }

  /** Throws where the scheduler does not know the task. */
  record(task: TaskId): TaskRecord {
    const record = this.state.tasks.get(task)
    if (record === undefined) throw new Error(`no record of ${task}`)
    return record
  }
}

/** For sizes at which a check of everything after each step takes too long. */
export class QuietWorld extends World {
  constructor(config: SchedulerConfig = {}) {
    super(config, [])
  }
}
