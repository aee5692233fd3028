import { errorFromFault, type YardmasterError } from '../core/errors.ts'
import type { Answers, Ask, ClientToController, ControllerToClient } from '../core/messages.ts'

type AskMessage = Extract<ClientToController, { type: 'ask' }>
type AnswerMessage = Extract<ControllerToClient, { type: 'answer' }>

interface Question {
  readonly message: AskMessage
  resolve(value: unknown): void
  reject(error: YardmasterError): void
}

/** The questions that await their answers. They survive a lost link: the controller answers them again. */
export class Questions {
  readonly #open = new Map<number, Question>()
  #request = 0

  /** The message to send, and the promise of its answer. */
  ask<Asked extends Ask>(ask: Asked): { message: AskMessage; answer: Promise<Answers[Asked['kind']]> } {
    const request = this.#request
    this.#request += 1
    const message: AskMessage = { type: 'ask', request, ask }
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#open.set(request, { message, resolve, reject })
    })
    return { message, answer: answer as Promise<Answers[Asked['kind']]> }
  }

  /** In the order in which they were asked. */
  *messages(): Generator<AskMessage> {
    for (const { message } of this.#open.values()) yield message
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
