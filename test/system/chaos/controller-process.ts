import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ControllerOrder } from './messages.ts'

const program = fileURLToPath(new URL('controller-main.mjs', import.meta.url))
const keptLines = 40

/** The controller, which can be killed and started again at the same addresses. */
export class ControllerProcess {
  readonly #order: ControllerOrder
  #child: ChildProcess | undefined
  /** The last that it said, over all its lives. */
  readonly log: string[] = []

  constructor(order: ControllerOrder) {
    this.#order = order
  }

  /** Resolves when it listens. Rejects where it ends before. */
  async start(): Promise<void> {
    const child = fork(program, { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log.push(...text.trimEnd().split('\n'))
        this.log.splice(0, this.log.length - keptLines)
      })
    }
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the controller ended with ${code ?? signal}: ${this.log.join('\n')}`)
    })
    child.send(this.#order)
    await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {})
  }

  get isThere(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  async kill(): Promise<void> {
    if (!this.#child || !this.isThere) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  async pause(ms: number): Promise<void> {
    this.#child?.kill('SIGSTOP')
    await sleep(ms)
    this.#child?.kill('SIGCONT')
  }
}
