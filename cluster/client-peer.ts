import { type Capacity, inBatches, unfit } from '../core/capacity.ts'
import { faultFrom, type YardmasterError } from '../core/errors.ts'
import { FunctionTable } from '../core/function-table.ts'
import type { SessionId, TaskId } from '../core/ids.ts'
import type { Link } from '../core/link.ts'
import type { ClientToController, ControllerToClient, Reply } from '../core/messages.ts'
import type { TaskNews } from '../core/task-news.ts'
import { OutputFeed } from './output-feed.ts'
import type { Printed } from './printed.ts'
import type { KnownFunction } from './task-body.ts'

type Parts = Extract<TaskNews, { kind: 'parts' }>
type Begun = Extract<ControllerToClient, { type: 'begun' }>['tasks'][number]

/** A connected client as the controller sees it: its link, what it sent, and what this turn has for it. */
export class ClientPeer {
  readonly session: SessionId
  readonly link: Link<ControllerToClient, ClientToController>
  readonly functions = new FunctionTable<KnownFunction>()
  readonly #capacity: Capacity
  #replies: Reply[] = []
  #begun: Begun[] = []
  #news: TaskNews[] = []
  readonly #output = new OutputFeed()
  #paused = false
  #isClosing = false

  constructor(session: SessionId, link: Link<ControllerToClient, ClientToController>, capacity: Capacity) {
    this.session = session
    this.link = link
    this.#capacity = capacity
  }

  /** A result that the link cannot carry is told as an error. What the client has not heard of the output goes before it. */
  reply(reply: Reply, printed?: Printed): void {
    for (const piece of this.#output.rest(reply.id, printed)) this.#news.push(piece)
    const error = reply.output && unfit(this.#capacity, 'the result', reply.output)
    if (error === undefined) this.#replies.push(this.#withoutUnfitParts(reply))
    else {
      const { output: _, ...rest } = reply
      this.#replies.push({ ...rest, status: 'failed', fault: faultFrom(error) })
    }
  }

  begun(begun: Begun): void {
    this.#begun.push(begun)
  }

  news(news: TaskNews): void {
    // What cannot be carried is left out: news are no result, and its task goes on.
    if (news.kind !== 'emit' || unfit(this.#capacity, 'the value', news.value) === undefined) this.#news.push(news)
  }

  /** Answers why one of them cannot be carried, if so. */
  parts(news: Parts): YardmasterError | undefined {
    const { id, from, values } = news
    if (unfit(this.#capacity, 'the parts', ...values) === undefined) {
      this.#news.push(news)
      return undefined
    }
    for (const [i, value] of values.entries()) {
      const error = unfit(this.#capacity, `part ${from + i}`, value)
      if (error) return error
      this.#news.push({ kind: 'parts', id, from: from + i, values: [value] })
    }
    return undefined
  }

  /** A task has printed more. */
  printed(id: TaskId, printed: Printed): void {
    this.#output.grew(id, printed)
  }

  /** Tells the client that this side is there, however much of its own is still on the way here. */
  beat(): void {
    if (!this.link.connection.supports.objects) this.link.send({ type: 'pong', sequence: 0 })
  }

  /** The link has room again. */
  resume(): void {
    this.#paused = false
    this.flush()
  }

  /** Sends what there is room for. */
  flush(): void {
    this.#begun = this.#send(this.#begun, (tasks) => ({ type: 'begun', tasks }), noBytes)
    if (!this.#paused) for (const piece of this.#output.next()) this.#news.push(piece)
    this.#news = this.#send(this.#news, (news) => ({ type: 'news', news }), bytesOfNews)
    this.#replies = this.#send(this.#replies, (replies) => ({ type: 'replies', replies }), bytesOfReply)
  }

  /** Sends everything, and ends the link. */
  async close(reason: string): Promise<void> {
    this.#isClosing = true
    this.flush()
    this.link.send({ type: 'goodbye', reason })
    await this.link.close()
  }

  #withoutUnfitParts(reply: Reply): Reply {
    const { output, stream } = reply
    if (!output || !stream?.last || unfit(this.#capacity, 'the parts', output, stream.last) === undefined) return reply
    return { ...reply, stream: { parts: stream.parts } }
  }

  /** Answers what waits for room. */
  #send<Entry>(
    entries: Entry[],
    message: (entries: Entry[]) => ControllerToClient,
    bytesOf: (entry: Entry) => number,
  ): Entry[] {
    if (entries.length === 0) return entries
    let sent = 0
    for (const batch of inBatches(entries, bytesOf, this.#capacity)) {
      if (this.#paused && !this.#isClosing) break
      this.#paused = !this.link.send(message(batch))
      sent += batch.length
    }
    return sent === 0 ? entries : entries.slice(sent)
  }
}

const noBytes = () => 0
const bytesOfReply = ({ output, stream }: Reply) => (output?.byteLength ?? 0) + (stream?.last?.byteLength ?? 0)

/** Of one UTF-16 unit. */
const utf8BytesMax = 3

function bytesOfNews(news: TaskNews): number {
  if (news.kind === 'output') return news.text.length * utf8BytesMax
  if (news.kind === 'parts') return news.values.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return news.kind === 'emit' ? news.value.byteLength : 0
}
