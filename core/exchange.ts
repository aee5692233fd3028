import type { Clock } from './clock.ts'
import { decoder } from './codec.ts'
import { errorFromFault, type Fault, faultFrom, ProtocolError, UnreachableError } from './errors.ts'
import { type HandshakeMessage, handshakeMessages } from './handshake-messages.ts'
import { Inbox } from './inbox.ts'
import { Link } from './link.ts'
import type { Connection, Frame } from './transport.ts'

const bytesMax = 65_536
/** How long a refusal may take to leave. */
const partingMs = 1_000

const decodeAny = decoder(handshakeMessages)

function decode(frames: readonly Frame[]): HandshakeMessage {
  let bytes = 0
  for (const frame of frames) bytes += frame.byteLength
  if (bytes > bytesMax)
    throw new ProtocolError(`A handshake message of ${bytes} bytes; at most ${bytesMax} are allowed`)
  return decodeAny(frames)
}

/** The messages of one handshake, one at a time, within a time limit for all of them. What follows them waits in the inbox. */
export class Exchange {
  readonly #connection: Connection
  readonly #inbox: Inbox
  readonly #link: Link<HandshakeMessage, HandshakeMessage>
  readonly #clock: Clock
  readonly #cancelTimer: () => void
  #failure: unknown
  #reject: ((error: unknown) => void) | undefined
  #isRefused = false
  #isClosed = false

  /** `late` makes the error for when the time is up. */
  constructor(connection: Connection, clock: Clock, timeoutMs: number, late: (ms: number) => Error) {
    this.#connection = connection
    this.#clock = clock
    this.#inbox = new Inbox(connection)
    this.#link = new Link(this.#inbox, decode)
    this.#cancelTimer = clock.after(timeoutMs, () => {
      this.#failure = late(timeoutMs)
      this.#reject?.(this.#failure)
    })
  }

  send(message: HandshakeMessage): void {
    if (this.#failure) throw this.#failure
    this.#link.send(message)
  }

  expect<Type extends HandshakeMessage['type']>(type: Type): Promise<Extract<HandshakeMessage, { type: Type }>> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      this.#reject = reject
      this.#link.open({
        onMessage: (message) => {
          this.#inbox.pause()
          this.#isRefused = message.type === 'refused'
          if (isOf(message, type)) resolve(message)
          else
            reject(
              message.type === 'refused'
                ? refusal(this.#connection.peer, message.fault)
                : outOfTurn(type, message.type),
            )
        },
        onClose: (error) => {
          this.#isClosed = true
          reject(error instanceof ProtocolError ? error : endedEarly(this.#connection.peer, error))
        },
      })
    })
  }

  /** The handshake is done: the inbox with whatever came behind it. */
  finish(): Inbox {
    this.#cancelTimer()
    if (this.#failure) throw this.#failure
    this.#connection.trust?.()
    return this.#inbox
  }

  /** The handshake failed: tells the peer why, ends the connection, and answers the error. */
  fail(thrown: unknown): unknown {
    this.#cancelTimer()
    this.#inbox.pause()
    if (this.#isClosed) return thrown
    if (!this.#isRefused) this.#link.send({ type: 'refused', fault: faultToTell(thrown) })
    const cancel = this.#clock.after(partingMs, () => this.#connection.abort())
    void this.#connection.close().then(cancel)
    return thrown
  }
}

function isOf<Type extends HandshakeMessage['type']>(
  message: HandshakeMessage,
  type: Type,
): message is Extract<HandshakeMessage, { type: Type }> {
  return message.type === type
}

function outOfTurn(expected: string, got: string): ProtocolError {
  return new ProtocolError(`The handshake is out of order: ${got} came where ${expected} was due`)
}

function refusal(peer: string, fault: Fault): Error {
  return errorFromFault({ ...fault, message: `${peer} refused the connection: ${fault.message}` })
}

function endedEarly(peer: string, cause: Error | undefined): UnreachableError {
  const why = cause ? `: ${cause.message}` : ''
  return new UnreachableError(`${peer} ended the connection during the handshake${why}`, { cause })
}

/** What the peer may know of an error: all that is coded; of a defect, only that there was one. */
function faultToTell(thrown: unknown): Extract<HandshakeMessage, { type: 'refused' }>['fault'] {
  const { code, message } = faultFrom(thrown)
  if (code === 'YM_INTERNAL') return { code, message: 'The handshake failed on the other side' }
  if (code === 'YM_AUTHENTICATION')
    return { code, message: 'The keys differ. Both sides must read the same connection file.' }
  return { code, message: message.slice(0, 4_096) }
}
