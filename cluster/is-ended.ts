import type { TaskRecord } from '../scheduler/task.ts'

export function isEnded(task: TaskRecord): boolean {
  return !Number.isNaN(task.endedAt)
}
