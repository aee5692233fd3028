import { ConfigurationError } from '../../core/errors.ts'
import { InstantNetwork } from './instant-network.ts'
import { MaxMinNetwork } from './maxmin-network.ts'
import { SimpleNetwork } from './simple-network.ts'

/** One object on its way from one engine to another. */
export interface Transfer {
  readonly object: number
  readonly target: number
  readonly bytes: number
  /** The engine that it comes from, once it is under way. */
  source: number
}

/** How long transfers take. Whoever holds one lets it know of all that begins at an instant, then calls `settle`. */
export interface Network {
  /** When the next transfer ends, in milliseconds; Infinity where none is under way. Valid after `settle`. */
  readonly nextEndMs: number
  start(transfer: Transfer, nowMs: number): void
  /** What ends now, in the order in which it began. */
  take(nowMs: number): readonly Transfer[]
  /** All that begins or ends at this instant is known. */
  settle(nowMs: number): void
}

interface Links {
  /** Of each engine's uplink, and of its downlink. */
  readonly bytesPerSecond: number
  /** How many downloads an engine has at a time. */
  readonly downloadsMax?: number
  /** How many of them from one other engine. */
  readonly downloadsPerSourceMax?: number
}

/**
 * - `instant`: data is where it is needed at once.
 * - `simple`: each transfer takes its bytes / bandwidth, whatever else is under way. By default any number at a time.
 * - `maxmin`: engines share uplinks and downlinks max-min fairly, by pairs of engines. By default 4 downloads, 2 from one source.
 */
export type NetworkSpec =
  | { readonly model: 'instant' }
  | (Links & { readonly model: 'simple' })
  | (Links & { readonly model: 'maxmin' })

export interface DownloadLimits {
  readonly downloadsMax: number
  readonly downloadsPerSourceMax: number
}

/** Throws a `ConfigurationError` for a bandwidth or a limit that cannot be. */
export function createNetwork(spec: NetworkSpec, engines: number): Network {
  if (spec.model === 'instant') return new InstantNetwork()
  const { bytesPerSecond, model } = spec
  if (!(bytesPerSecond > 0 && bytesPerSecond < Number.POSITIVE_INFINITY)) {
    throw new ConfigurationError(`network.bytesPerSecond must be a number above 0, not ${bytesPerSecond}`)
  }
  if (model === 'simple') return new SimpleNetwork(bytesPerSecond)
  if (model === 'maxmin') return new MaxMinNetwork(bytesPerSecond, engines)
  throw new ConfigurationError(`network.model must be 'instant', 'simple' or 'maxmin', not ${JSON.stringify(model)}`)
}

export function downloadLimits(spec: NetworkSpec): DownloadLimits {
  const [byDefault, perSourceByDefault] =
    spec.model === 'maxmin' ? [4, 2] : [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const { downloadsMax = byDefault, downloadsPerSourceMax = perSourceByDefault } = spec.model === 'instant' ? {} : spec
  for (const [name, limit] of Object.entries({ downloadsMax, downloadsPerSourceMax })) {
    if (!(limit >= 1)) throw new ConfigurationError(`network.${name} must be at least 1, not ${limit}`)
  }
  return { downloadsMax, downloadsPerSourceMax }
}
