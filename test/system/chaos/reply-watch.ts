import { createHash } from 'node:crypto'
import type { ClientOptions } from 'yardmaster'

interface Replies {
  readonly type: 'replies'
  readonly replies: readonly {
    readonly id: string
    readonly status: string
    readonly fault?: { readonly code: string }
    readonly output?: { readonly frames: readonly Uint8Array[] }
  }[]
}

/**
 * Reads along what a client's link brings, before the client drops what it knows already. A reply may come twice, where a link was lost
 * between; it must then be the same one.
 */
export class ReplyWatch {
  readonly contradicted: string[] = []
  replies = 0
  repeats = 0
  readonly #digests = new Map<string, string>()

  readonly inspect = (event: Parameters<Extract<ClientOptions['inspect'], (event: never) => void>>[0]): void => {
    if (event.type !== '@xstate.event' || event.event.type !== 'message') return
    const message: Replies | { readonly type: 'other' } = event.event.message
    if (message.type !== 'replies') return
    for (const { id, status, fault, output } of message.replies) {
      const hash = createHash('sha256').update(`${status} ${fault?.code}`)
      for (const frame of output?.frames ?? []) hash.update(frame)
      this.#note(id, hash.digest('base64'))
    }
  }

  #note(id: string, digest: string): void {
    this.replies += 1
    const before = this.#digests.get(id)
    this.#digests.set(id, digest)
    if (before === undefined) return
    this.repeats += 1
    if (before !== digest) this.contradicted.push(id)
  }
}
