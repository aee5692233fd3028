/** What decides between tasks at an engine, by task. */
export interface TaskOrder {
  /** Cores it needs. */
  readonly cores: Int32Array
  /** Memory it needs; undefined: none. */
  readonly memoryBytes: Float64Array | undefined
  /** Higher goes first; undefined: all alike. */
  readonly priority: Float64Array | undefined
  /** While it waits for room, no task of a lower priority than this begins; undefined: 0 for all. */
  readonly blocking: Float64Array | undefined
}

/** What is free at an engine. */
export interface Room {
  cores: number
  memoryBytes: number
}

/**
 * Tasks that can begin at an engine as soon as it has room for them: by priority, of equals the one that was admitted first.
 */
export class AdmittedQueue {
  readonly #order: TaskOrder
  #tasks: number[] = []
  /** Those before it have begun. */
  #head = 0
  /** No task here needs fewer cores. */
  #leastCores = Number.POSITIVE_INFINITY

  constructor(order: TaskOrder) {
    this.#order = order
  }

  get size(): number {
    return this.#tasks.length - this.#head
  }

  add(task: number): void {
    const tasks = this.#tasks
    const { cores, priority } = this.#order
    const needed = cores[task] as number
    if (needed < this.#leastCores) this.#leastCores = needed
    if (priority === undefined || tasks.length === this.#head) {
      tasks.push(task)
      return
    }
    const own = priority[task] as number
    let low = this.#head
    let high = tasks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((priority[tasks[middle] as number] as number) >= own) low = middle + 1
      else high = middle
    }
    tasks.splice(low, 0, task)
  }

  /** Answers whether it was here. */
  remove(task: number): boolean {
    const place = this.#tasks.indexOf(task, this.#head)
    if (place < 0) return false
    this.#tasks.splice(place, 1)
    return true
  }

  /**
   * Takes out what the room suffices for, in order, into `begun`, and takes that from the room. One that does not fit lets
   * those behind it pass, unless their priority is below its `blocking`.
   */
  begin(room: Room, begun: number[]): void {
    const { cores, memoryBytes, priority, blocking } = this.#order
    let bar = Number.NEGATIVE_INFINITY
    let kept = 0
    let keptCores = Number.POSITIVE_INFINITY
    let at = this.#head
    while (room.cores >= this.#leastCores && at < this.#tasks.length) {
      const task = this.#tasks[at] as number
      if (priority !== undefined && (priority[task] as number) < bar) break
      const needed = cores[task] as number
      const bytes = memoryBytes === undefined ? 0 : (memoryBytes[task] as number)
      if (needed <= room.cores && bytes <= room.memoryBytes) {
        room.cores -= needed
        room.memoryBytes -= bytes
        begun.push(task)
      } else {
        bar = Math.max(bar, blocking === undefined ? 0 : (blocking[task] as number))
        keptCores = Math.min(keptCores, needed)
        this.#tasks[this.#head + kept] = task
        kept += 1
      }
      at += 1
    }
    if (at === this.#tasks.length) this.#leastCores = keptCores
    this.#close(at, kept)
  }

  /** Of those before `at`, the first `kept` are still here. */
  #close(at: number, kept: number): void {
    const tasks = this.#tasks
    if (at === this.#head + kept) return
    tasks.copyWithin(at - kept, this.#head, this.#head + kept)
    this.#head = at - kept
    if (this.#head === tasks.length) {
      tasks.length = 0
      this.#head = 0
    } else if (this.#head > 1_024 && this.#head > tasks.length / 2) {
      this.#tasks = tasks.slice(this.#head)
      this.#head = 0
    }
  }
}
