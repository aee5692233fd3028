/**
 * What the launcher and the process or thread that hosts an engine say to each other, besides the engine's own link: how
 * it is to start, whether it did, and that it shall stop. The key travels here, and so is never on a command line.
 */
import { hostname } from 'node:os'
import { errorFromFault, type Fault, faultFrom, YardmasterError } from '../../core/errors.ts'
import type { TracingOption } from '../../core/tracing.ts'
import { type EngineOptions, startEngine } from '../engine.ts'
import type { EngineHandle, EnginePlace, EngineSeat, LaunchSetting } from './launcher.ts'

export interface HostedEngineOptions {
  readonly address: string
  readonly key: Uint8Array
  readonly concurrency: number
  readonly reconnectMs: number
  readonly name: string
  /** Of which launcher it is. */
  readonly kind: string
  readonly launch?: string
  readonly tracing?: TracingOption
}

/** An engine of this setting, on this seat. */
export function hostedOptions(setting: LaunchSetting, { name, launch }: EngineSeat, kind: string): HostedEngineOptions {
  const { addresses, key, concurrency, reconnectMs, tracing = false } = setting
  return { address: addresses[0] as string, key, concurrency, reconnectMs, name, kind, launch, tracing }
}

/** What a hosted engine says of itself to its controller. */
export function infoOf({ name, kind, launch }: HostedEngineOptions): NonNullable<EngineOptions['info']> {
  return { name, kind, ...(launch === undefined ? {} : { launch }) }
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

/** A handle of an engine whose host says when the engine is ready. */
export interface HostedEngine extends EngineHandle {
  /** Resolves with its number when its controller has admitted it; rejects with the reason why that will not be. */
  readonly ready: Promise<number>
}

/** The launcher's side: what is known of the engine, fed by what its host says and does. */
export class HostWatch {
  readonly ready: Promise<number>
  readonly began: Promise<EnginePlace>
  readonly ended: Promise<Error | undefined>
  /** Where it runs. */
  place: EnginePlace = {}
  #begin: (place: EnginePlace) => void = () => {}
  #becomeReady: (engine: number) => void = () => {}
  #fail: (error: Error) => void = () => {}
  #end: (error: Error | undefined) => void = () => {}
  #reason: Error | undefined

  constructor() {
    this.began = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#fail = reject
    })
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.ready.catch(() => {})
  }

  /** The system runs it, as this process, which may be on another machine. */
  hasBegun(pid: number, host = hostname()): void {
    this.place = { host, pid }
    this.#begin(this.place)
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
    this.#end(reason)
  }
}

/** Waits until the host has ended, and forces it if that takes long. */
export async function endWithin(ended: Promise<unknown>, timeoutMs: number, force: () => void): Promise<void> {
  const timer = setTimeout(force, timeoutMs)
  await ended
  clearTimeout(timer)
}
