import type { ClientWelcome } from '../../core/admission-messages.ts'
import { decoder } from '../../core/codec.ts'
import { UnreachableError } from '../../core/errors.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import { Link } from '../../core/link.ts'
import {
  type ClientToController,
  type ControllerToClient,
  clientToController,
  controllerToClient,
  type EachResult,
  type EngineInfo,
  type Reply,
  type Submission,
  type ThrownByTask,
} from '../../core/messages.ts'
import { decodeValue, encodeValue } from '../../core/payload.ts'
import type { Connection, ConnectionHandlers, Frame } from '../../core/transport.ts'
import { Client, type ClientOptions } from '../../views/client.ts'
import type { Connector } from '../../views/client-machine.ts'
import type { ClientLink } from '../../views/outbox.ts'

/** One end of a link within this thread, whose messages go through the codec. */
class TestConnection implements Connection {
  readonly supports = { objects: false, transfer: false, noticesDeath: true }
  readonly peer = 'test:peer'
  readonly bufferedBytes = 0
  /** While true, `send` answers false. */
  isFull = false
  other!: TestConnection
  #handlers: ConnectionHandlers | undefined
  #isOpen = true

  static pair(): [TestConnection, TestConnection] {
    const pair: [TestConnection, TestConnection] = [new TestConnection(), new TestConnection()]
    pair[0].other = pair[1]
    pair[1].other = pair[0]
    return pair
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
  }

  send(frames: readonly Frame[]): boolean {
    if (this.#isOpen) setImmediate(() => this.other.#handlers?.onMessage(frames))
    return !this.isFull
  }

  drain(): void {
    this.isFull = false
    this.#handlers?.onDrain?.()
  }

  close(): Promise<void> {
    this.#end()
    return new Promise((resolve) => setImmediate(resolve))
  }

  abort(reason?: Error): void {
    this.#end(reason ?? new Error('aborted'))
  }

  #end(error?: Error): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.other.#isOpen = false
    setImmediate(() => {
      this.#handlers?.onClose(error)
      this.other.#handlers?.onClose(error)
    })
  }
}

type MessageOf<Type extends ClientToController['type']> = Extract<ClientToController, { type: Type }>

/** Speaks a controller's half of the protocol, and does nothing that a test did not ask for. */
export class FakeController {
  engines: EngineInfo[] = [0, 1].map(engineInfo)
  heartbeatMs = 0
  messageBytesMax: number | undefined
  limits: ClientWelcome['limits']
  /** What connecting fails with, instead of connecting. */
  unreachable: Error | undefined
  refusal: Error | undefined
  dials = 0
  readonly sessions: SessionId[] = []
  readonly received: ClientToController[] = []
  onMessage: (message: ClientToController) => void = () => {}
  link: Link<ControllerToClient, ClientToController> | undefined
  clientEnd: TestConnection | undefined
  #waiting: (() => void)[] = []

  readonly connector: Connector = {
    dial: async () => {
      this.dials += 1
      if (this.unreachable) throw this.unreachable
      const [clientEnd, controllerEnd] = TestConnection.pair()
      this.clientEnd = clientEnd
      this.link = new Link(controllerEnd, decoder(clientToController))
      this.link.open({ onMessage: (message) => this.#receive(message), onClose: () => {} })
      return clientEnd
    },
    register: async (connection, session) => {
      if (this.refusal) throw this.refusal
      this.sessions.push(session)
      const link: ClientLink = new Link(connection, decoder(controllerToClient))
      const { engines, heartbeatMs, messageBytesMax, limits } = this
      const limit = { ...(messageBytesMax === undefined ? {} : { messageBytesMax }), ...(limits ? { limits } : {}) }
      return { link, welcome: { session, cluster: 'fake', heartbeatMs, engines, ...limit } }
    },
  }

  connect(options: ClientOptions = {}): Promise<Client> {
    return Client.over(this.connector, options)
  }

  get submissions(): Submission[] {
    return this.all('submit').flatMap((message) => message.tasks)
  }

  /** Submission number `index`, from 0. */
  task(index: number): Submission {
    const task = this.submissions[index]
    if (task === undefined) throw new Error(`no task ${index} was submitted`)
    return task
  }

  all<Type extends ClientToController['type']>(type: Type): MessageOf<Type>[] {
    return this.received.filter((message): message is MessageOf<Type> => message.type === type)
  }

  /** Resolves when `condition` holds after some message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  submitted(count: number): Promise<void> {
    return this.until(() => this.submissions.length >= count)
  }

  send(message: ControllerToClient): void {
    this.link?.send(message)
  }

  reply(...replies: Reply[]): void {
    this.send({ type: 'replies', replies })
  }

  loseLink(): void {
    this.link?.abort(new Error('cable cut'))
  }

  /** Runs each task on arrival: `work` stands for the function. */
  serve(work: (...args: never[]) => unknown): void {
    this.onMessage = (message) => {
      const tasks = tasksOf(message)
      if (tasks.length > 0) this.reply(...tasks.map((task) => answer(task, work)))
      if (message.type === 'ask') this.send({ type: 'answer', request: message.request, value: null })
    }
  }

  #receive(message: ClientToController): void {
    this.received.push(message)
    this.onMessage(message)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}

/** What a message submits, be it one by one or as a broadcast. */
export function tasksOf(message: ClientToController): Submission[] {
  if (message.type === 'submit') return message.tasks
  if (message.type !== 'broadcast') return []
  const { type, tasks, targets, functions, ...shared } = message
  return tasks.map((id, i) => ({ ...shared, id, call: 'once', direct: true, targets: targets.slice(i, i + 1) }))
}

export function engineInfo(id: number): EngineInfo {
  return { id, name: `engine-${id}`, pid: 1, host: 'localhost', kind: 'inline' }
}

export function unreachable(): UnreachableError {
  return new UnreachableError('nobody listens at test:peer')
}

/** A reply in its usual form. */
export function replyTo(id: TaskId, more: Partial<Reply> = {}): Reply {
  const times = { attempts: 1, engine: 0, submittedAt: 1_000, startedAt: 1_001, endedAt: 1_011, durationMs: 10 }
  return { id, status: 'succeeded', call: 'once', ...times, ...more }
}

export function success(id: TaskId, value: unknown, more: Partial<Reply> = {}): Reply {
  return replyTo(id, { output: encodeValue(value), ...more })
}

export function failure(id: TaskId, error: Error, more: Partial<Reply> = {}): Reply {
  return replyTo(id, { status: 'failed', output: encodeValue(thrownBy(error)), ...more })
}

function thrownBy(error: Error): ThrownByTask {
  return { name: error.name, message: error.message, stack: error.stack ?? '', thrown: error }
}

/** What an engine would answer, if `work` were the task's function. */
export function answer(task: Submission, work: (...args: never[]) => unknown, more: Partial<Reply> = {}): Reply {
  const args = decodeValue(task.args) as unknown[]
  const { id, call } = task
  const run = (list: unknown[]): unknown => work(...(list as never[]))
  if (call === 'once') {
    try {
      return success(id, run(args), more)
    } catch (error) {
      return failure(id, error as Error, more)
    }
  }
  const errors: [number, ThrownByTask][] = []
  const values = args.map((item, i) => {
    try {
      return run(call === 'each' ? [item] : (item as unknown[]))
    } catch (error) {
      errors.push([i, thrownBy(error as Error)])
      return undefined
    }
  })
  const result: EachResult = { values, errors }
  return success(id, result, { call, ...(errors.length > 0 ? { status: 'failed' as const } : {}), ...more })
}

export function idOf(result: { readonly ids: readonly TaskId[] }): TaskId {
  const [id] = result.ids
  if (id === undefined) throw new Error('the result has no task')
  return id
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
