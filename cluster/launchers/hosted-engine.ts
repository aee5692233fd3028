/**
 * What the launcher and the process or thread that hosts an engine say to each other, besides the engine's own link: how
 * it is to start, whether it did, and that it shall stop. The key travels here, and so is never on a command line.
 */
import { errorFromFault, type Fault, faultFrom, YardmasterError } from '../../core/errors.ts'
import { type EngineOptions, startEngine } from '../engine.ts'

export interface HostedEngineOptions {
  readonly address: string
  readonly key: Uint8Array
  readonly concurrency: number
  readonly reconnectMs: number
  readonly name: string
}

export type FromHost =
  | { readonly type: 'ready'; readonly engine: number }
  | { readonly type: 'failed'; readonly fault: Fault }
  | { readonly type: 'stopped'; readonly fault?: Fault }

export type ToHost = { readonly type: 'start'; readonly options: HostedEngineOptions } | { readonly type: 'stop' }

/** The host's side. Resolves when the engine has stopped. */
export async function hostEngine(
  options: EngineOptions,
  say: (message: FromHost) => void,
  onStopAsked: (stop: () => void) => void,
): Promise<void> {
  try {
    const engine = await startEngine(options)
    onStopAsked(() => void engine.stop())
    say({ type: 'ready', engine: engine.id })
    const error = await engine.stopped
    say(error ? { type: 'stopped', fault: faultFrom(error) } : { type: 'stopped' })
  } catch (error) {
    say({ type: 'failed', fault: faultFrom(error) })
  }
}

/** The launcher's side: one promise for the start and one for the end, fed by what the host says and does. */
export class HostWatch {
  readonly ready: Promise<number>
  readonly stopped: Promise<Error | undefined>
  #becomeReady: (engine: number) => void = () => {}
  #fail: (error: Error) => void = () => {}
  #stop: (error: Error | undefined) => void = () => {}
  #reason: Error | undefined

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#fail = reject
    })
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve
    })
    this.ready.catch(() => {})
  }

  hear(message: FromHost): void {
    switch (message.type) {
      case 'ready':
        return this.#becomeReady(message.engine)
      case 'failed':
        this.#reason = errorFromFault(message.fault)
        return this.#fail(this.#reason)
      case 'stopped':
        if (message.fault) this.#reason = errorFromFault(message.fault)
    }
  }

  /** The host itself is gone; `unasked` says how, where nobody asked for it. */
  gone(unasked: string | undefined): void {
    const reason = this.#reason ?? (unasked === undefined ? undefined : new YardmasterError('YM_ENGINE_LOST', unasked))
    this.#fail(reason ?? new YardmasterError('YM_ENGINE_START', 'the engine was stopped before it was ready'))
    this.#stop(reason)
  }
}
