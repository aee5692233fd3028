import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientOrder, ClientWord } from './messages.ts'
import type { Ending } from './workload.ts'

const program = fileURLToPath(new URL('client-main.ts', import.meta.url))

/** A client at its work, and what it has said so far. */
export class ClientProcess {
  readonly order: ClientOrder
  readonly #child: ChildProcess
  readonly over: Promise<unknown>
  session: string | undefined
  found: readonly number[] = []
  acceptedBelow = 0
  readonly endings: Ending[] = []
  contradicted: readonly string[] = []
  replies: { readonly replies: number; readonly repeats: number } | undefined

  constructor(order: ClientOrder) {
    this.order = order
    this.#child = fork(program, { execArgv: ['--import', 'tsx'] })
    this.#child.on('message', (word: ClientWord) => this.#hear(word))
    this.over = once(this.#child, 'exit')
    this.#child.send(order)
  }

  get isThere(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What ended it, when that was not its own will. */
  get failure(): string | undefined {
    if (this.isThere || this.replies) return undefined
    return `a client ended with ${this.#child.exitCode ?? this.#child.signalCode}`
  }

  async kill(): Promise<void> {
    if (this.isThere) this.#child.kill('SIGKILL')
    await this.over
  }

  #hear(word: ClientWord): void {
    if (word.type === 'began') this.session = word.session
    else if (word.type === 'found') this.found = word.items
    else if (word.type === 'accepted') this.acceptedBelow = Math.max(this.acceptedBelow, word.below)
    else if (word.type === 'ended') this.endings.push(...word.endings)
    else if (word.type === 'contradicted') this.contradicted = word.ids
    else this.replies = word
  }
}
