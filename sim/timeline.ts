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
  /** Something has happened, and what follows from it may not have. */
  #isUnsettled = false
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

  /** The answer cancels it. */
  after(delayMs: number, process: SimulatedProcess | undefined, action: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, delayMs), order: this.#order, process, action, isCancelled: false }
    this.#order += 1
    this.#due.push(due)
    return () => {
      due.isCancelled = true
    }
  }

  /**
   * All that happens in the next `ms`, at most; true as soon as `isOver` says so. Rejects with what an action, `afterEach` or `isOver` throws.
   */
  run(ms: number, isOver: () => boolean = () => false): Promise<boolean> {
    const until = this.#now + ms
    return new Promise((resolve, reject) => {
      inTurns(() => {
        try {
          this.#settle()
          const isEarly = isOver()
          if (!isEarly && this.#step(until)) return true
          this.#now = isEarly ? this.#now : Math.max(this.#now, until)
          resolve(isEarly)
        } catch (error) {
          reject(error)
        }
        return false
      })
    })
  }

  /** The next thing that is due by then happens now; false where there is none. All that follows from it comes before the next turn. */
  #step(until: number): boolean {
    for (let due = this.#peek(); due !== undefined && due.at <= until; due = this.#peek()) {
      this.#due.pop()
      this.#now = due.at
      const { process } = due
      if (process === undefined || process.state === 'running') {
        this.#events += 1
        this.#current = process
        this.#isUnsettled = true
        due.action()
        return true
      }
      // In a process that has died it never happens.
      if (process.state === 'stopped') process.whenResumed(due.action, isCancelled(due))
    }
    return false
  }

  /** What happened last is over, with all that followed from it. */
  #settle(): void {
    if (!this.#isUnsettled) return
    this.#isUnsettled = false
    const process = this.#current
    this.#current = undefined
    this.afterEach(process)
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
/** An iteration of the event loop costs more than what happens in most turns. */
const turnsTogether = 64

/** Calls until it answers false. Between two calls all microtasks are done, as between any two immediates. */
function inTurns(turn: () => boolean): void {
  let left = 0
  let isOver = false
  const next = (): void => {
    if (isOver) return
    left -= 1
    if (left === 0) begin()
    isOver = !turn()
  }
  const begin = (): void => {
    left = turnsTogether
    for (let i = 0; i < turnsTogether; i += 1) setImmediate(next)
  }
  begin()
}

function isCancelled(due: Due): () => boolean {
  return () => due.isCancelled
}
