import type { WebSocket } from 'ws'

/** With more than this on its way, a page is sent nothing until it has caught up. */
const bufferedBytesMax = 1024 * 1024
/** A page that takes nothing for so long is let go. */
const behindMsMax = 60_000

/** A page that does not answer a close is left. */
const closeMsMax = 500

/** An open page. */
export class Viewer {
  readonly #socket: WebSocket
  #behindSince: number | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Whether it has all updates so far, so that the next one is all that it lacks. */
  get isCurrent(): boolean {
    return this.#behindSince === undefined
  }

  get hasRoom(): boolean {
    return this.#socket.bufferedAmount <= bufferedBytesMax
  }

  /** An update goes by it. */
  skip(now: number): void {
    this.#behindSince ??= now
    if (now - this.#behindSince > behindMsMax) this.#socket.terminate()
  }

  /** It has all that there was before `text`, or `text` is the whole. */
  send(text: string): void {
    this.#behindSince = undefined
    this.#socket.send(text)
  }

  /** Resolves when it has what it was sent, or has taken too long over it. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.close(1001)
    const timer = setTimeout(() => this.#socket.terminate(), closeMsMax)
    await closed
    clearTimeout(timer)
  }
}
