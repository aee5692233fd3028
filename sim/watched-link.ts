import { type Decode, decoder } from '../core/codec.ts'
import { handshakeMessages } from '../core/handshake-messages.ts'
import {
  type ClientToController,
  type ControllerToClient,
  type ControllerToEngine,
  clientToController,
  controllerToClient,
  controllerToEngine,
  type EngineToController,
  engineToController,
} from '../core/messages.ts'
import type { Connection, Frame } from '../core/transport.ts'

/** Who speaks with the controller. */
export type Peer = `client${string}` | `engine ${number}`

export type Message = ClientToController | ControllerToClient | EngineToController | ControllerToEngine

const decodeHandshake = decoder(handshakeMessages)

interface End {
  readonly at: Peer | 'controller'
  readonly from: Peer | 'controller'
}

/** Told of what arrives before it is handled, in words and as it is, but for handshakes. */
interface Watcher {
  arrived(what: string, message: Message | undefined): void
  ended(what: string): void
}

/** The same connection, with somebody who reads along. */
export function watched(connection: Connection, { at, from }: End, watcher: Watcher): Connection {
  const decode = decoderAt(at, from)
  return {
    supports: connection.supports,
    peer: connection.peer,
    get bufferedBytes() {
      return connection.bufferedBytes
    },
    open: (handlers) =>
      connection.open({
        ...handlers,
        onMessage(frames) {
          const message = readable(frames, decode)
          watcher.arrived(`${from} → ${at}: ${message ? describe(message) : 'handshake'}`, message)
          handlers.onMessage(frames)
        },
        onClose(error) {
          watcher.ended(`${at} sees the end of its link with ${from}`)
          handlers.onClose(error)
        },
      }),
    send: (frames, options) => connection.send(frames, options),
    close: () => connection.close(),
    abort: (reason) => connection.abort(reason),
  }
}

function decoderAt(at: End['at'], from: End['from']): Decode<Message> {
  if (at === 'controller') return from.startsWith('engine') ? decodeFromEngine : decodeFromClient
  return at.startsWith('engine') ? decodeAtEngine : decodeAtClient
}

const decodeFromClient = decoder(clientToController)
const decodeFromEngine = decoder(engineToController)
const decodeAtClient = decoder(controllerToClient)
const decodeAtEngine = decoder(controllerToEngine)

function readable(frames: readonly Frame[], decode: Decode<Message>): Message | undefined {
  try {
    decodeHandshake(frames)
    return undefined
  } catch {
    return decode(frames)
  }
}

function describe(message: Message): string {
  switch (message.type) {
    case 'submit':
      return `submit ${list(message.tasks, ({ id }) => short(id))}`
    case 'broadcast':
      return `broadcast ${list(message.tasks, (id, i) => `${short(id)} to ${message.targets[i]}`)}`
    case 'abort':
      return `abort ${list(message.tasks, short)}`
    case 'ask':
      return `ask ${message.ask.kind}`
    case 'replies':
      return `replies ${list(message.replies, ({ id, status }) => `${short(id)} ${status}`)}`
    case 'ended':
      return `ended ${list(message.results, (one) => `${attempt(one)} ${one.outcome}`)}`
    case 'begun':
    case 'tasks':
    case 'cancel':
    case 'recall':
      return `${message.type} ${list(message.tasks, attempt)}`
    case 'engines':
      return `engines +[${message.joined.map(({ id }) => id)}] -[${message.left.map(({ id }) => id)}]`
    default:
      return message.type
  }
}

function list<T>(entries: readonly T[], name: (entry: T, index: number) => string): string {
  return entries.map(name).join(', ')
}

/** Of the session its beginning is enough: there are few. */
function short(id: string): string {
  const dot = id.lastIndexOf('.')
  return `#${id.slice(0, Math.min(3, dot))}.${id.slice(dot + 1)}`
}

function attempt(one: { readonly id: string; readonly attempt: number }): string {
  return `${short(one.id)} (attempt ${one.attempt})`
}
