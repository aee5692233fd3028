import type { Engines, EngineView, TaskView } from './strategy.ts'

/** Finds where a task could begin at once: an engine with enough free cores. Tell it of the engines that join and leave. */
export class FreePlaces {
  readonly #byCores = new Map<number, number>()
  #hasWideTasks = false

  engineJoined({ cores }: EngineView): void {
    this.#byCores.set(cores, (this.#byCores.get(cores) ?? 0) + 1)
  }

  engineLeft({ cores }: EngineView): void {
    const left = (this.#byCores.get(cores) ?? 0) - 1
    if (left > 0) this.#byCores.set(cores, left)
    else this.#byCores.delete(cores)
  }

  /**
   * The least loaded engine if the task can begin there, else the first in order of arrival where it can. O(log n) where all engines have
   * as many cores and all tasks one, else O(n).
   */
  find(task: TaskView, engines: Engines): EngineView | undefined {
    const least = engines.leastLoaded()
    if (least.freeCores >= task.cores) return least
    this.#hasWideTasks ||= task.cores > 1
    // Then no other has a free core either.
    if (!this.#hasWideTasks && this.#byCores.size <= 1) return undefined
    for (let i = 0; i < engines.size; i += 1) {
      const engine = engines.at(i)
      if (engine.freeCores >= task.cores) return engine
    }
    return undefined
  }
}
