import { ConfigurationError } from '../../../core/errors.ts'
import { createNetwork, downloadLimits, type NetworkSpec } from '../network.ts'
import { bytesOf, bytesPattern, bytesText, byteUnits } from './bytes-text.ts'

const pattern = new RegExp(`^(simple|maxmin):(${bytesPattern})(?:/([1-9]\\d*)(?:/([1-9]\\d*))?)?$`)

/**
 * A network as it is written: `instant`, or the model and its bandwidth a second, `simple:100MB`, `maxmin:32MiB`. Of both one may limit the
 * downloads of an engine, and those of them from one other: `maxmin:32MiB/4/2`.
 * @throws ConfigurationError for what is not written so
 */
export function networkOf(text: string): NetworkSpec {
  if (text === 'instant') return { model: 'instant' }
  const [, model, bandwidth = '', most, perSource] = pattern.exec(text) ?? []
  if (model === undefined) {
    throw new ConfigurationError(
      `network '${text}' must be instant, simple:BANDWIDTH or maxmin:BANDWIDTH, bytes a second, as in maxmin:32MiB; units are ${byteUnits}`,
    )
  }
  const spec: NetworkSpec = {
    model: model === 'simple' ? 'simple' : 'maxmin',
    bytesPerSecond: bytesOf(bandwidth),
    ...(most === undefined ? {} : { downloadsMax: Number(most) }),
    ...(perSource === undefined ? {} : { downloadsPerSourceMax: Number(perSource) }),
  }
  createNetwork(spec, 1)
  return spec
}

export function networkText(spec: NetworkSpec): string {
  if (spec.model === 'instant') return 'instant'
  const { downloadsMax, downloadsPerSourceMax } = spec
  const hasLimits = downloadsMax !== undefined || downloadsPerSourceMax !== undefined
  const limits = downloadLimits(spec)
  return `${spec.model}:${bytesText(spec.bytesPerSecond)}${hasLimits ? `/${limits.downloadsMax}/${limits.downloadsPerSourceMax}` : ''}`
}
