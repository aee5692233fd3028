/** The far ends of all links: one process and one thread, started once for all rounds. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type MessagePort, Worker } from 'node:worker_threads'
import { errorFromFault } from '../../core/errors.ts'
import { type Answered, cpuUs, type FarKind, type Request } from './far-end.ts'

interface Waiting {
  resolve(value: number): void
  reject(error: Error): void
}

export class FarEnds {
  /** Never resolves; rejects when the process or the thread has ended before `close`. */
  readonly failure: Promise<never>
  readonly #process: ChildProcess
  readonly #thread: Worker
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0
  #isClosing = false
  #fail: (error: Error) => void = () => {}

  constructor() {
    this.failure = new Promise((_, reject) => {
      this.#fail = reject
    })
    // Told to whoever waits for it, and to nobody else.
    this.failure.catch(() => {})
    this.#process = fork(fileURLToPath(new URL('./far-process-main.js', import.meta.url)))
    this.#process.on('message', (answered: Answered) => this.#settle(answered))
    this.#process.on('exit', (code, signal) => this.#ended(`the process at the far ends ended with ${signal ?? code}`))
    this.#thread = new Worker(new URL('./far-thread-main.js', import.meta.url))
    this.#thread.on('message', (answered: Answered) => this.#settle(answered))
    this.#thread.on('error', (error) => this.#ended(`the thread at the far ends failed: ${error.message}`))
  }

  /** Loads, at the far ends, a module that registers a transport. */
  async load(url: string): Promise<void> {
    await this.#ask({ ask: 'load', url })
  }

  /** Lets the process connect to an address, so many times. */
  async connect(how: FarKind, address: string, connections: number): Promise<void> {
    await this.#ask({ ask: 'connect', how, address, connections })
  }

  /** Gives ports to the thread: for connections of the house, or as they are. */
  async give(how: 'house' | 'raw', ports: readonly MessagePort[]): Promise<void> {
    await this.#ask({ ask: 'take', how, ports }, ports)
  }

  /** Microseconds of processor time that both ends have used so far, all their threads together. */
  async cpuUs(): Promise<number> {
    return cpuUs() + (await this.#ask({ ask: 'cpu' }))
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const { exitCode, signalCode } = this.#process
    if (exitCode === null && signalCode === null) {
      const exited = once(this.#process, 'exit')
      this.#process.disconnect()
      await exited
    }
    await this.#thread.terminate()
  }

  #ask(request: Request, ports?: readonly MessagePort[]): Promise<number> {
    const id = this.#asked
    this.#asked += 1
    const answered = new Promise<number>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    if (ports) this.#thread.postMessage({ id, request }, ports)
    else this.#process.send({ id, request })
    return Promise.race([answered, this.failure])
  }

  #settle(answered: Answered): void {
    const waiting = this.#waiting.get(answered.id)
    this.#waiting.delete(answered.id)
    if ('value' in answered) waiting?.resolve(answered.value)
    else waiting?.reject(errorFromFault(answered.fault))
  }

  #ended(how: string): void {
    if (!this.#isClosing) this.#fail(new Error(how))
  }
}
