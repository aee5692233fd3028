import { type Capacity, entryBytes, inBatches, unfit } from '../core/capacity.ts'
import { faultFrom, LimitError, type YardmasterError } from '../core/errors.ts'
import { FunctionTable } from '../core/function-table.ts'
import type { SessionId, TaskId } from '../core/ids.ts'
import type { Link } from '../core/link.ts'
import type { ClientToController, ControllerToClient, EngineInfo, Reply } from '../core/messages.ts'
import type { TaskNews } from '../core/task-news.ts'
import { LastHeard } from './last-heard.ts'
import { OutputFeed } from './output-feed.ts'
import { type Owed, OwedReplies } from './owed-replies.ts'
import type { Printed } from './printed.ts'
import type { KnownFunction } from './task-body.ts'

type Parts = Extract<TaskNews, { kind: 'parts' }>
type Begun = Extract<ControllerToClient, { type: 'begun' }>['tasks'][number]

export interface ClientPeerOptions {
  readonly session: SessionId
  readonly link: Link<ControllerToClient, ClientToController>
  readonly capacity: Capacity
  /** How much may wait here. */
  readonly unsentBytesMax: number
  readonly now: number
  /** How a task has ended, as its record says it now. */
  lookUp(id: TaskId): Owed
  engines(): EngineInfo[]
  /** Too much waits: nothing is added until the client has taken it, and then it is to ask again. */
  onOverflow(error: LimitError): void
}

/**
 * A connected client as the controller sees it: its link, what it sent, and what this turn has for it. While the link is full all of that
 * waits here, up to a bound: half of it with its bytes, and then by name, as long as there are records to look it up in.
 */
export class ClientPeer {
  readonly session: SessionId
  readonly link: Link<ControllerToClient, ClientToController>
  readonly functions = new FunctionTable<KnownFunction>()
  readonly heard: LastHeard
  readonly #options: ClientPeerOptions
  readonly #replies: OwedReplies
  #begun: Begun[] = []
  #news: TaskNews[] = []
  /** Questions that are answered when nothing else waits. */
  #answers: number[] = []
  /** What these take. */
  #newsBytes = 0
  /** By task, the last that was said while the link was full. */
  readonly #progress = new Map<TaskId, TaskNews>()
  /** By task, how many of the values that it emitted were left out. */
  readonly #dropped = new Map<TaskId, number>()
  readonly #output = new OutputFeed()
  /** What went past the queues while the link was full. */
  #pressedBytes = 0
  #paused = false
  #isClosing = false
  /** Until what waits has been sent nothing is added; then the client is to ask again for what it awaits. */
  #isOver = false

  constructor(options: ClientPeerOptions) {
    this.session = options.session
    this.link = options.link
    this.heard = new LastHeard(options.link.connection, options.now)
    this.#options = options
    this.#replies = new OwedReplies(options.capacity)
  }

  /** What one message can hold. */
  get bytesMax(): number {
    return this.#options.capacity.bytesMax
  }

  /** A result that the link cannot carry is told as an error. What the client has not heard of the output goes before it. */
  reply(reply: Reply, printed?: Printed): void {
    if (this.#isOver) return
    this.#progress.delete(reply.id)
    this.#replies.add(reply, printed)
  }

  /** Left out where too much waits: its end will be told. */
  begun(begun: Begun): void {
    if (this.#isCrowded || this.#isOver) return
    this.#begun.push(begun)
    this.#newsBytes += entryBytes
  }

  /** What cannot be carried is left out, and so are values where too much waits: news are no result, and their task goes on. */
  news(news: TaskNews): void {
    if (this.#isOver && news.kind !== 'emit') return
    if (news.kind === 'progress' && this.#paused) this.#progress.set(news.id, news)
    else if (news.kind !== 'emit') this.#push(news)
    else if (this.#isCrowded || this.#isOver) this.emitsDropped(news.id, 1)
    else if (unfit(this.#options.capacity, 'the value', news.value) === undefined) this.#push(news)
  }

  /** Values of a task were left out. */
  emitsDropped(id: TaskId, more: number): void {
    this.#dropped.set(id, (this.#dropped.get(id) ?? 0) + more)
  }

  /** Answers why one of them cannot be carried, if so. */
  parts(news: Parts): YardmasterError | undefined {
    if (this.#isOver) return undefined
    const { id, from, values } = news
    const { capacity } = this.#options
    if (unfit(capacity, 'the parts', ...values) === undefined) {
      this.#push(news)
      return undefined
    }
    for (const [i, value] of values.entries()) {
      const error = unfit(capacity, `part ${from + i}`, value)
      if (error) return error
      this.#push({ kind: 'parts', id, from: from + i, values: [value] })
    }
    return undefined
  }

  /** A task has printed more. */
  printed(id: TaskId, printed: Printed): void {
    if (!this.#isOver) this.#output.grew(id, printed)
  }

  /** Answers a question when all that waits now has been sent. */
  answerLast(request: number): void {
    if (this.#isOver) return
    this.#answers.push(request)
    this.#newsBytes += entryBytes
  }

  /** Sends what is not about a task's course: at once, however full the link is. */
  tell(message: ControllerToClient): void {
    if (this.#isOver) return
    const { connection } = this.link
    const before = connection.bufferedBytes
    const hasRoom = this.link.send(message)
    if (this.#paused) this.#pressedBytes += Math.max(0, connection.bufferedBytes - before)
    else this.#paused = !hasRoom
    this.#keepWithinBounds()
  }

  /** Tells the client that this side is there, however much of its own is still on the way here. On a full link it hears other things. */
  beat(): void {
    if (!this.link.connection.supports.objects && !this.#paused) this.tell({ type: 'pong', sequence: 0 })
  }

  /** The link has room again. */
  resume(): void {
    this.#paused = false
    this.#pressedBytes = 0
    this.flush()
  }

  /** Sends what there is room for. */
  flush(): void {
    this.#begun = this.#send(this.#begun, (tasks) => ({ type: 'begun', tasks }), noBytes)
    if (!this.#paused) {
      for (const news of this.#progress.values()) this.#push(news)
      this.#progress.clear()
      for (const piece of this.#output.next()) this.#push(piece)
    }
    this.#sendNews()
    while (this.#mayPass && !this.#replies.isEmpty) this.#sendReplies()
    if (this.#mayPass) this.#sendAnswers()
    this.#keepWithinBounds()
    if (!this.#isOver || this.#paused) return
    this.#isOver = false
    this.tell({ type: 'again', engines: this.#options.engines() })
  }

  /** Sends everything, and ends the link. */
  async close(reason: string): Promise<void> {
    this.#isClosing = true
    this.flush()
    this.link.send({ type: 'goodbye', reason })
    await this.link.close()
  }

  get #mayPass(): boolean {
    return !this.#paused || this.#isClosing
  }

  get #waitingBytes(): number {
    return this.#newsBytes + this.#replies.bytes + this.#pressedBytes
  }

  /** What can be left out or looked up later, shall. */
  get #isCrowded(): boolean {
    return this.#paused && this.#waitingBytes > this.#options.unsentBytesMax / 2
  }

  #push(news: TaskNews): void {
    this.#news.push(news)
    this.#newsBytes += entryBytes + bytesOfNews(news)
  }

  #sendNews(): void {
    this.#news = this.#send(this.#news, (news) => ({ type: 'news', news }), bytesOfNews)
  }

  /** One message of them, after what goes before. */
  #sendReplies(): void {
    const replies = this.#replies.next(this.#open)
    this.#sendNews()
    if (!this.#mayPass) return
    this.#replies.taken(replies)
    this.#paused = !this.link.send({ type: 'replies', replies })
  }

  #sendAnswers(): void {
    const answers = this.#answers
    this.#answers = []
    this.#newsBytes -= answers.length * entryBytes
    for (const request of answers) this.#paused = !this.link.send({ type: 'answer', request, value: null })
  }

  readonly #open = (named: Reply | TaskId, before: Printed | undefined): Reply => {
    const { reply, printed } =
      typeof named === 'string' ? this.#options.lookUp(named) : { reply: named, printed: before }
    const { id } = reply
    for (const piece of this.#output.rest(id, printed)) this.#push(piece)
    const fitting = this.#fitting(reply)
    const emitsDropped = this.#dropped.get(id)
    if (emitsDropped === undefined) return fitting
    this.#dropped.delete(id)
    return { ...fitting, emitsDropped }
  }

  #fitting(reply: Reply): Reply {
    const { output, stream } = reply
    if (output === undefined) return reply
    const error = unfit(this.#options.capacity, 'the result', output)
    if (error !== undefined) {
      const { output: _, ...rest } = reply
      return { ...rest, status: 'failed', fault: faultFrom(error) }
    }
    if (!stream?.last || unfit(this.#options.capacity, 'the parts', output, stream.last) === undefined) return reply
    return { ...reply, stream: { parts: stream.parts } }
  }

  /** Answers what waits for room. */
  #send<Entry>(
    entries: Entry[],
    message: (entries: Entry[]) => ControllerToClient,
    bytesOf: (entry: Entry) => number,
  ): Entry[] {
    if (entries.length === 0 || !this.#mayPass) return entries
    let sent = 0
    for (const batch of inBatches(entries, bytesOf, this.#options.capacity)) {
      if (!this.#mayPass) break
      for (const entry of batch) this.#newsBytes -= entryBytes + bytesOf(entry)
      this.#paused = !this.link.send(message(batch))
      sent += batch.length
    }
    return sent === 0 ? entries : entries.slice(sent)
  }

  #keepWithinBounds(): void {
    if (!this.#paused || this.#isClosing || this.#isOver) return
    const { unsentBytesMax } = this.#options
    const room = unsentBytesMax / 2 - this.#newsBytes - this.#pressedBytes
    this.#replies.shrink(room, (id) => this.#output.forget(id))
    const bytes = this.#waitingBytes
    if (bytes <= unsentBytesMax) return
    this.#isOver = true
    this.#progress.clear()
    this.#options.onOverflow(
      new LimitError(
        `${bytes} bytes wait for client ${this.session}, which takes them too slowly, and limits.unsentBytesMax is ${unsentBytesMax}: when it has taken them it is to ask again for the rest`,
        { details: { limit: 'unsentBytesMax', max: unsentBytesMax, used: bytes, client: this.session } },
      ),
    )
  }
}

const noBytes = () => 0

/** Of one UTF-16 unit. */
const utf8BytesMax = 3

function bytesOfNews(news: TaskNews): number {
  if (news.kind === 'output') return news.text.length * utf8BytesMax
  if (news.kind === 'parts') return news.values.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return news.kind === 'emit' ? news.value.byteLength : 0
}
