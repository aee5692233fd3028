import type { TaskRecord } from './task-record.ts'

/** Direct tasks that differ in nothing but their target: they travel in one message. */
export class Broadcast {
  readonly tasks: readonly TaskRecord[]

  constructor(tasks: readonly TaskRecord[]) {
    this.tasks = tasks
  }
}
