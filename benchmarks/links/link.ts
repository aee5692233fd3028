import type { FarEnds } from './far-ends.ts'

/** The near end of one connection, whose far end sends back whatever comes. */
export interface Pipe {
  send(bytes: Uint8Array<ArrayBuffer>): void
  /** A message came back. */
  onMessage: () => void
}

/** What is measured as a link: a transport of the house, a user's, or the bare socket beneath one. */
export interface LinkKind {
  /** `websocket`, `ws, raw` */
  readonly subject: string
  /** The subject of the bare socket beneath it. */
  readonly beneath?: string
  /** Connects so many times. */
  open(far: FarEnds, connections: number): Promise<OpenLink>
}

export interface OpenLink {
  readonly pipes: readonly Pipe[]
  close(): Promise<void>
}

/** Encrypted links want one; nobody else ever holds it. */
export const benchmarkKey = new Uint8Array(32).fill(7)

/** Collects what connects to a listener, until all have come. */
export class Arrivals<T> {
  readonly all: Promise<readonly T[]>
  readonly #come: T[] = []
  readonly #expected: number
  #resolve: (all: readonly T[]) => void = () => {}

  constructor(expected: number) {
    this.#expected = expected
    this.all = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  add(one: T): void {
    this.#come.push(one)
    if (this.#come.length === this.#expected) this.#resolve(this.#come)
  }
}
