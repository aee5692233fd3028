import TinyQueue from 'tinyqueue'
import type { SimulatedProcess } from './simulated-process.ts'

/** Something that will happen, in a process or, without one, to the world. */
interface Due {
  at: number
  /** What is due at the same time happens in the order in which it was set. */
  order: number
  readonly process: SimulatedProcess | undefined
  readonly action: () => void
  isCancelled: boolean
}

/**
 * Virtual time. One thing happens at a time, and all that follows from it without the passing of time happens before the next: so
 * whatever runs belongs to one process, which is known, and a run depends on nothing but what was set.
 */
export class Timeline {
  readonly #due = new TinyQueue<Due>([], (a, b) => a.at - b.at || a.order - b.order)
  #now = 0
  #order = 0
  #events = 0
  #current: SimulatedProcess | undefined
  /** Called after each thing that has happened. */
  afterEach: (process: SimulatedProcess | undefined) => void = () => {}

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now
  }

  /** How many things have happened. */
  get events(): number {
    return this.#events
  }

  /** In which process it happens now. */
  get current(): SimulatedProcess | undefined {
    return this.#current
  }

  /** When the next thing happens; undefined: never. */
  get next(): number | undefined {
    return this.#peek()?.at
  }

  /** The answer cancels it. */
  after(delayMs: number, process: SimulatedProcess | undefined, action: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, delayMs), order: this.#order, process, action, isCancelled: false }
    this.#order += 1
    this.#due.push(due)
    return () => {
      due.isCancelled = true
    }
  }

  /** Has the action happen now, in that process, with all that follows from it at once. */
  async happen(process: SimulatedProcess | undefined, action: () => void): Promise<void> {
    this.#events += 1
    this.#current = process
    action()
    await settled()
    this.#current = undefined
    this.afterEach(process)
  }

  /** The next thing, if there is one. What is due in a process that is stopped waits, and in one that has died never happens. */
  async step(): Promise<boolean> {
    const due = this.#peek()
    if (due === undefined) return false
    this.#due.pop()
    this.#now = due.at
    const { process } = due
    if (process === undefined || process.state === 'running') await this.happen(process, due.action)
    else if (process.state === 'stopped') process.whenResumed(due.action, () => due.isCancelled)
    return true
  }

  /** All that happens in the next `ms`, at most; true as soon as `isOver` says so. */
  async run(ms: number, isOver: () => boolean = () => false): Promise<boolean> {
    const until = this.#now + ms
    while (!isOver()) {
      const { next } = this
      if (next === undefined || next > until) {
        this.#now = Math.max(this.#now, until)
        return false
      }
      await this.step()
    }
    return true
  }

  #peek(): Due | undefined {
    for (;;) {
      const due = this.#due.peek()
      if (due === undefined || !due.isCancelled) return due
      this.#due.pop()
    }
  }
}

const { setImmediate } = globalThis

/** When all microtasks are done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
