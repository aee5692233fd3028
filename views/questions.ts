import { errorFromFault, type YardmasterError } from '../core/errors.ts'
import type { Answers, Ask, ClientToController, ControllerToClient } from '../core/messages.ts'

type AskMessage = Extract<ClientToController, { type: 'ask' }>
type AnswerMessage = Extract<ControllerToClient, { type: 'answer' }>

/** A question, and how many tasks had been made before it was asked. */
export interface Asked {
  readonly message: AskMessage
  readonly place: number
}

interface Question extends Asked {
  resolve(value: unknown): void
  reject(error: YardmasterError): void
}

/** The questions that await their answers. They survive a lost link: the controller answers them again. */
export class Questions {
  readonly #open = new Map<number, Question>()
  #request = 0

  /** The message to send, and the promise of its answer. `place`: how many tasks have been made. */
  ask<One extends Ask>(ask: One, place: number): { message: AskMessage; answer: Promise<Answers[One['kind']]> } {
    const request = this.#request
    this.#request += 1
    const message: AskMessage = { type: 'ask', request, ask }
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#open.set(request, { message, place, resolve, reject })
    })
    return { message, answer: answer as Promise<Answers[One['kind']]> }
  }

  /** In the order in which they were asked. */
  *asked(): Generator<Asked> {
    for (const { message, place } of this.#open.values()) yield { message, place }
  }

  answer({ request, value, fault }: AnswerMessage): void {
    const question = this.#open.get(request)
    if (question === undefined) return
    this.#open.delete(request)
    if (fault) question.reject(errorFromFault(fault))
    else question.resolve(value)
  }

  rejectAll(error: YardmasterError): void {
    for (const { reject } of this.#open.values()) reject(error)
    this.#open.clear()
  }
}
