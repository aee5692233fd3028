import type { InspectionEvent, Observer } from 'xstate'
import { keyFromBase64Url } from '../core/base64url.ts'
import { type Engine, startEngine } from './engine.ts'
import { workerExecutor } from './executors/worker.ts'

/** What an engine in a page takes beside the place of its controller. */
export interface BrowserEngineOptions {
  /** The controller's address: `ws://HOST:PORT`, or `wss://HOST` behind a proxy with a certificate. */
  readonly address: string
  /** The cluster's key: 32 bytes, or these in base64url. */
  readonly key: Uint8Array | string
  /** Where the worker's main module lies, if not beside this one: on the page's own origin. */
  readonly executorUrl?: string | URL
  /** What `engines` shows. */
  readonly name?: string
  /** How long to try to come back after the link is lost, in milliseconds. Default 30,000. */
  readonly reconnectMs?: number
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void)
}

/**
 * Starts an engine in this page (or in a worker of it): the link here, tasks one at a time in a Web Worker of their own. Resolves when the
 * controller has admitted it.
 * @throws AddressError, UnreachableError, AuthenticationError, VersionError, ConfigurationError
 */
export function startBrowserEngine(
  { address, key, name = 'browser', reconnectMs, inspect }: BrowserEngineOptions,
  executorUrl: string | URL,
): Promise<Engine> {
  return startEngine({
    address,
    key: typeof key === 'string' ? keyFromBase64Url(key) : key,
    keySource: 'the option key',
    executors: workerExecutor(executorUrl),
    info: { name, kind: 'browser' },
    ...(reconnectMs === undefined ? {} : { reconnectMs }),
    ...(inspect === undefined ? {} : { inspect }),
  })
}
