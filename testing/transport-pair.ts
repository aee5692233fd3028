import type { Connection, Frame, Listener, Transport, TransportOptions } from '../core/transport.ts'

/** What a suite needs to try a transport. */
export interface TransportUnderTest {
  readonly transport: Transport
  /** An address where nobody listens, another one at each call; a port may be 0. */
  address(): string
  /** Starts another process that connects to the address and sends back whatever comes. For transports that leave their process. */
  startEcho?(address: string): Promise<{ kill(): void }>
  /** What a byte peer may send that is no message of this transport; called with an address that listens. For transports over a wire. */
  sendNonsense?(address: string): Promise<void>
}

/** Notes all that happens to a connection. */
export class Recorder {
  readonly connection: Connection
  readonly messages: (readonly Frame[])[] = []
  readonly objects: unknown[] = []
  /** Resolves with what `onClose` got. */
  readonly closed: Promise<Error | undefined>
  drains = 0
  closes = 0
  #changed: () => void = () => {}

  constructor(connection: Connection, onMessage: (frames: readonly Frame[]) => void = () => {}) {
    this.connection = connection
    this.closed = new Promise((resolve) => {
      connection.open({
        onMessage: (frames) => {
          this.messages.push(frames)
          onMessage(frames)
          this.#changed()
        },
        onObject: (object) => {
          this.objects.push(object)
          this.#changed()
        },
        onDrain: () => {
          this.drains += 1
          this.#changed()
        },
        onClose: (error) => {
          this.closes += 1
          resolve(error)
          this.#changed()
        },
      })
    })
  }

  /** Resolves as soon as it holds; checked whenever something has happened. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return
        this.#changed = () => {}
        resolve()
      }
      this.#changed = check
      check()
    })
  }
}

export interface Pair {
  readonly listener: Listener
  /** The side that connected. */
  readonly near: Connection
  /** The side that listens. */
  readonly far: Connection
  end(): Promise<void>
}

/** A listener and one connection to it, both ends. */
export async function connectedPair(
  { transport, address }: TransportUnderTest,
  options: { readonly near?: TransportOptions; readonly far?: TransportOptions; readonly at?: string } = {},
): Promise<Pair> {
  const { listener, next } = await listening(transport, options.at ?? address(), options.far)
  const [near, far] = await Promise.all([transport.connect(listener.address, options.near), next()])
  return {
    listener,
    near,
    far,
    async end() {
      near.abort()
      far.abort()
      await listener.close()
    },
  }
}

/** A listener whose connections are taken one after the other. */
export async function listening(
  transport: Transport,
  address: string,
  options?: TransportOptions,
): Promise<{ listener: Listener; next: () => Promise<Connection> }> {
  const come: Connection[] = []
  const awaited: ((connection: Connection) => void)[] = []
  const listener = await transport.listen(
    address,
    (connection) => {
      const taker = awaited.shift()
      if (taker) taker(connection)
      else come.push(connection)
    },
    options,
  )
  const next = () =>
    new Promise<Connection>((resolve) => {
      const connection = come.shift()
      if (connection) resolve(connection)
      else awaited.push(resolve)
    })
  return { listener, next }
}

/** Four bytes that say which message this is. */
export function numbered(n: number): Frame {
  const frame = new Uint8Array(4)
  new DataView(frame.buffer).setUint32(0, n)
  return frame
}

export function numberIn(frames: readonly Frame[]): number {
  const [frame] = frames
  return frame?.length === 4 ? new DataView(frame.buffer, frame.byteOffset, 4).getUint32(0) : -1
}

/** Resolves in a later turn of the event loop, when sockets have had theirs. */
export function laterTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}
