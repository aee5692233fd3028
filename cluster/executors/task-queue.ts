import type { RunningTask } from './running-task.ts'

/** Tasks in the order in which they came. */
export class TaskQueue {
  #tasks: RunningTask[] = []
  #head = 0

  get first(): RunningTask | undefined {
    return this.#tasks[this.#head]
  }

  push(task: RunningTask): void {
    this.#tasks.push(task)
  }

  removeFirst(): void {
    this.#head += 1
    if (this.#head < this.#tasks.length) return
    this.#tasks = []
    this.#head = 0
  }
}
