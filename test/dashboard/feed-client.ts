import { WebSocket } from 'ws'
import type { FromPage, ToPage } from '../../cluster/dashboard/feed/messages.ts'
import type { Run } from '../../cluster/dashboard/feed/run.ts'
import { RunModel } from '../../cluster/dashboard/feed/run-model.ts'

type Headers = Readonly<Record<string, string>>

/** The feed's address, of the link to a page. */
function feedOf(link: string): string {
  return link.replace(/^http/, 'ws').replace('/?', '/feed?')
}

/** What a page hears, without a page. */
export class FeedClient {
  readonly socket: WebSocket
  readonly answers: (Extract<ToPage, { type: 'answer' }> | undefined)[] = []
  /** Whole runs that were told, the first among them. */
  runs = 0
  #model: RunModel | undefined

  constructor(link: string, headers: Headers = {}) {
    this.socket = new WebSocket(feedOf(link), { headers })
    this.socket.on('error', () => {})
    this.socket.on('message', (data) => this.#heard(JSON.parse(String(data))))
  }

  get run(): Run | undefined {
    return this.#model?.run
  }

  say(message: FromPage | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Resolves with the status of a refusal; 101 where it is let in. */
  get status(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.once('open', () => resolve(101))
      this.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      this.socket.once('error', () => resolve(0))
    })
  }

  #heard(message: ToPage): void {
    if (message.type === 'answer') this.answers[message.request] = message
    else if (message.type === 'update') this.#model?.apply(message)
    else {
      this.runs += 1
      this.#model = new RunModel(message.run, 16_384)
    }
  }
}
