import { FunctionTable } from '../core/function-table.ts'
import type { SessionId } from '../core/ids.ts'
import type { Link } from '../core/link.ts'
import type { ClientToController, ControllerToClient, FunctionMessage, Reply, TaskNews } from '../core/messages.ts'

type Begun = Extract<ControllerToClient, { type: 'begun' }>['tasks'][number]

/** A connected client as the controller sees it: its link, what it sent, and what this turn has for it. */
export class ClientPeer {
  readonly session: SessionId
  readonly link: Link<ControllerToClient, ClientToController>
  readonly functions = new FunctionTable<FunctionMessage>()
  #replies: Reply[] = []
  #begun: Begun[] = []
  #news: TaskNews[] = []
  #paused = false

  constructor(session: SessionId, link: Link<ControllerToClient, ClientToController>) {
    this.session = session
    this.link = link
  }

  reply(reply: Reply): void {
    this.#replies.push(reply)
  }

  begun(begun: Begun): void {
    this.#begun.push(begun)
  }

  news(news: TaskNews): void {
    this.#news.push(news)
  }

  /** The link has room again. */
  resume(): void {
    this.#paused = false
    this.flush()
  }

  flush(): void {
    if (this.#paused) return
    let room = true
    if (this.#begun.length > 0) {
      room = this.link.send({ type: 'begun', tasks: this.#begun }) && room
      this.#begun = []
    }
    if (this.#news.length > 0) {
      room = this.link.send({ type: 'news', news: this.#news }) && room
      this.#news = []
    }
    if (this.#replies.length > 0) {
      room = this.link.send({ type: 'replies', replies: this.#replies }) && room
      this.#replies = []
    }
    this.#paused = !room
  }
}
