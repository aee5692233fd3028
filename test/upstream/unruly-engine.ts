import { engineWelcome } from '../../core/admission-messages.ts'
import { systemClock } from '../../core/clock.ts'
import { offerHandshake } from '../../core/handshake.ts'
import type { Link } from '../../core/link.ts'
import {
  type Assignment,
  type ControllerToEngine,
  controllerToEngine,
  type EngineToController,
  engineToController,
  type Outcome,
} from '../../core/messages.ts'
import { encodeValue } from '../../core/payload.ts'
import { transportFor } from '../../transports/connect.ts'

/** Speaks an engine's half of the protocol, and answers what and as often as a test says. */
export class UnrulyEngine {
  readonly id: number
  /** What was assigned and not taken by the test. */
  readonly #assigned: Assignment[] = []
  readonly #link: Link<EngineToController, ControllerToEngine>
  /** The most that it ever had without having answered. */
  heldMax = 0
  #answered = 0
  #received = 0
  #wake: () => void = () => {}

  private constructor(id: number, link: Link<EngineToController, ControllerToEngine>) {
    this.id = id
    this.#link = link
    link.open({ onMessage: (message) => this.#receive(message), onClose: () => {} })
  }

  static async join(address: string, key: Uint8Array): Promise<UnrulyEngine> {
    const connection = await (await transportFor(address)).connect(address)
    const { link, welcome } = await offerHandshake(connection, {
      role: 'engine',
      key,
      clock: systemClock,
      details: { name: 'unruly', pid: process.pid, host: 'localhost', kind: 'inline' },
      sends: engineToController,
      receives: controllerToEngine,
      welcome: engineWelcome,
    })
    return new UnrulyEngine(welcome.engine, link)
  }

  /** The next assignment, when it comes. */
  async next(): Promise<Assignment> {
    for (;;) {
      const assignment = this.#assigned.shift()
      if (assignment !== undefined) return assignment
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Says how an attempt ended, whoever has it, and as though it were the first time. */
  say({ id, attempt }: Pick<Assignment, 'id' | 'attempt'>, outcome: Outcome, value: unknown): void {
    const output = encodeValue(value)
    this.#link.send({ type: 'ended', results: [{ id, attempt, outcome, durationMs: 1, output }] })
  }

  answer(assignment: Assignment, outcome: Outcome, value: unknown): void {
    this.#answered += 1
    this.say(assignment, outcome, value)
  }

  leave(): void {
    this.#link.abort()
  }

  #receive(message: ControllerToEngine): void {
    if (message.type !== 'tasks') return
    this.#assigned.push(...message.tasks)
    this.#received += message.tasks.length
    this.heldMax = Math.max(this.heldMax, this.#received - this.#answered)
    this.#wake()
  }
}
