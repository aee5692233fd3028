import type { FromPage, ToPage } from '../cluster/dashboard/feed/messages.ts'
import { type Run, runVersion } from '../cluster/dashboard/feed/run.ts'
import { RunModel } from '../cluster/dashboard/feed/run-model.ts'

/** `ended`: the controller is gone, and what it told last is shown. `none`: none is heard. */
type LinkState = 'connecting' | 'live' | 'ended' | 'none'

export interface Shown {
  readonly link: LinkState
  readonly run: Run | undefined
  /** Where the run is from a file: its name. */
  readonly file: string | undefined
}

/** How many bars are kept here. */
const barsMax = 16_384
const retryMs = [500, 1_000, 2_000, 5_000]

/** The run that is shown: told live by a controller, or out of a file. */
export class RunSource {
  readonly #listeners = new Set<() => void>()
  readonly #answers = new Map<number, (error: string | undefined) => void>()
  readonly #feed: string | undefined
  #socket: WebSocket | undefined
  #model: RunModel | undefined
  #shown: Shown = { link: 'none', run: undefined, file: undefined }
  #requests = 0
  #failures = 0
  #frame: number | undefined

  constructor({ protocol, host }: Pick<Location, 'protocol' | 'host'>) {
    this.#feed = protocol === 'file:' ? undefined : `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/feed`
  }

  get shown(): Shown {
    return this.#shown
  }

  /** Whether there is a controller to go back to. */
  get canWatch(): boolean {
    return this.#feed !== undefined
  }

  /** Calls after each change, at most once a frame; the answer ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Shows what the controller tells, from here on. */
  watch(): void {
    if (this.#feed === undefined) return
    this.#show({ link: 'connecting', run: undefined, file: undefined })
    this.#connect(this.#feed)
  }

  /** Shows a run out of a file; the controller is not heard any more. */
  show(run: Run, file: string): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
    this.#show({ link: 'none', run, file })
  }

  /** Rejects with what the controller said against it. */
  setStrategy(strategy: string): Promise<void> {
    this.#requests += 1
    const asked: FromPage = { type: 'setStrategy', request: this.#requests, strategy }
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return reject(new Error('The controller cannot be reached.'))
      this.#answers.set(asked.request, (error) => (error === undefined ? resolve() : reject(new Error(error))))
      this.#socket.send(JSON.stringify(asked))
    })
  }

  #connect(feed: string): void {
    const socket = new WebSocket(feed)
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket === socket) this.#heard(JSON.parse(String(data)))
    })
    socket.addEventListener('close', () => {
      if (this.#socket !== socket) return
      for (const answer of this.#answers.values()) answer('The controller cannot be reached.')
      this.#answers.clear()
      this.#show({ ...this.#shown, link: 'ended' })
      const delayMs = retryMs[Math.min(this.#failures, retryMs.length - 1)]
      this.#failures += 1
      setTimeout(() => this.#socket === socket && this.#connect(feed), delayMs)
    })
  }

  #heard(message: ToPage): void {
    if (message.type === 'answer') {
      this.#answers.get(message.request)?.(message.error)
      this.#answers.delete(message.request)
      return
    }
    if (message.type === 'update') this.#model?.apply(message)
    else if (message.run.version === runVersion) {
      this.#failures = 0
      this.#model = new RunModel(message.run, barsMax)
    }
    if (this.#model) this.#show({ link: 'live', run: this.#model.run, file: undefined })
  }

  #show(shown: Shown): void {
    this.#shown = shown
    if (this.#listeners.size === 0) return
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      for (const listener of this.#listeners) listener()
    })
  }
}
