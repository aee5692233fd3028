/**
 * What the rest of the house needs of a transport, and no more. A transport moves messages, each a list of frames,
 * between two peers: in order, once, whole, or not at all when the connection ends. It knows nothing of their meaning.
 */

/** A frame's bytes are the receiver's own: the sender must not write to them after `send`. */
export type Frame = Uint8Array

/** What one connection can do beyond moving frames. */
export interface Supports {
  /** The peer is in this thread: `pass` hands over a message as an object, without a codec. */
  readonly objects: boolean
  /** Buffers can be moved or shared rather than copied: both ends live in one process. */
  readonly transfer: boolean
  /** The end of the peer's process is noticed at once; elsewhere only heartbeats tell. */
  readonly noticesDeath: boolean
}

/** Called by a connection; each is called on its own turn, never inside `send`. */
export interface ConnectionHandlers {
  onMessage(frames: readonly Frame[]): void
  /** Only where `supports.objects`. */
  onObject?(message: unknown): void
  /** `send` answered false before; now there is room. */
  onDrain?(): void
  /** Once, last. `error` is absent when either side closed on purpose and all messages were delivered. */
  onClose(error?: Error): void
}

/** Which buffers move with a message instead of being copied, on links that support it. */
export interface SendOptions {
  readonly transfer?: readonly ArrayBuffer[]
}

/** One end of a link between two peers. */
export interface Connection {
  readonly supports: Supports
  /** For logs and errors: `tcp://127.0.0.1:10101#3`. */
  readonly peer: string
  /** Bytes accepted by `send` and not yet taken over by the link beneath. */
  readonly bufferedBytes: number
  /** Bytes that have come so far, those of unfinished messages too; absent where the link does not tell. */
  readonly receivedBytes?: number | undefined
  /** Handlers are set once, before the first turn ends; what arrived before waits for them. */
  open(handlers: ConnectionHandlers): void
  /**
   * Always accepts the message while open; false asks the caller to pause until `onDrain`. On a connection that has ended or is closing it
   * does nothing and answers false. A message over this side's own `messageBytesMax` ends the connection with a `MessageTooLargeError`.
   */
  send(frames: readonly Frame[], options?: SendOptions): boolean
  /** As `send`, for links with `supports.objects`. Neither side may change the object afterwards. */
  pass?(message: object): boolean
  /** The peer has proved who it is. Until then a listener's connection takes `strangerBytesMax` in all, and ends at more. */
  trust?(): void
  /** Delivers what was accepted, and receives what the peer had sent before it learnt of this; then ends. Resolves when ended; never rejects. */
  close(): Promise<void>
  /** Ends now; what was accepted may be lost. This side's `onClose` gets the reason, the peer's an error where the link can tell. */
  abort(reason?: Error): void
}

/** A place where peers can connect. */
export interface Listener {
  /** Where peers can connect: with the port that was chosen, when the address asked for port 0. */
  readonly address: string
  /**
   * Accepts no more; connections that are open stay open. Resolves when the address is free again: where connections live on the
   * listener's own socket (ZeroMQ), that is when the last of them has ended.
   */
  close(): Promise<void>
}

/** Limits of links, and what their listeners and connections need to know. Each transport takes those that concern it. */
export interface TransportOptions {
  /** A larger incoming message ends its connection with a `MessageTooLargeError`. Default 1 GiB. */
  readonly messageBytesMax?: number
  /** `send` answers false above this many buffered bytes. Default 16 MiB. */
  readonly bufferBytesMax?: number
  /** How long `connect` waits for the peer, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** `connect` goes through the socket at this path, which leads to the address: the near end of a tunnel. Default: none. */
  readonly socketPath?: string
  /** What a listener takes from a peer until `trust`, in bytes. Default: no less than from others; of a controller 128 kiB. */
  readonly strangerBytesMax?: number
  /** The cluster's key. Links that are encrypted with it need no certificate. */
  readonly key?: Uint8Array
  /** Lets a listener that others can reach over a network go without encryption. Default false. */
  readonly insecure?: boolean
  /** Web pages of these origins may connect: `['https://example.org']`. Default: none. */
  readonly origins?: readonly string[]
  /** A listener tells whom it has turned away before there was a connection, and why. */
  readonly onRefused?: (peer: string, reason: string) => void
}

/** One way to move messages, picked by the scheme of an address (`memory:`, `threads:`, `tcp:`, `ipc:`, `ws:`, or a user's). */
export interface Transport {
  readonly name: string
  /** Without the colon: `['tcp', 'ipc']`. */
  readonly schemes: readonly string[]
  /** Rejects with `AddressError`, `AddressInUseError` or `TransportUnavailableError`. */
  listen(address: string, onConnection: (connection: Connection) => void, options?: TransportOptions): Promise<Listener>
  /** Rejects with `AddressError`, `UnreachableError` or `TransportUnavailableError`. */
  connect(address: string, options?: TransportOptions): Promise<Connection>
}

/** What holds where an option is not given. */
export const transportDefaults = {
  messageBytesMax: 2 ** 30,
  bufferBytesMax: 16 * 2 ** 20,
  connectTimeoutMs: 5_000,
  socketPath: '',
  strangerBytesMax: Number.POSITIVE_INFINITY,
  origins: [],
  onRefused: () => {},
  key: new Uint8Array(0),
  insecure: false,
} as const satisfies Required<TransportOptions>
