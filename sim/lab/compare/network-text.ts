import { ConfigurationError } from '../../../core/errors.ts'
import { createNetwork, downloadLimits, type NetworkSpec } from '../network.ts'

const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/**
 * A network as it is written: `instant`, or the model and its bandwidth a second, `simple:100MB`, `maxmin:32MiB`. Of both one may limit the
 * downloads of an engine, and those of them from one other: `maxmin:32MiB/4/2`.
 * @throws ConfigurationError for what is not written so
 */
export function networkOf(text: string): NetworkSpec {
  if (text === 'instant') return { model: 'instant' }
  const [, model, number, unit = 'B', most, perSource] =
    /^(simple|maxmin):(\d+(?:\.\d+)?)([kMG]?B|[KMG]iB)?(?:\/([1-9]\d*)(?:\/([1-9]\d*))?)?$/.exec(text) ?? []
  if (model === undefined) {
    throw new ConfigurationError(
      `network '${text}' must be instant, simple:BANDWIDTH or maxmin:BANDWIDTH, bytes a second, as in maxmin:32MiB; units are ${Object.keys(units).join(', ')}`,
    )
  }
  const spec: NetworkSpec = {
    model: model === 'simple' ? 'simple' : 'maxmin',
    bytesPerSecond: Number(number) * (units[unit] as number),
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

/** In the largest unit that leaves a whole number. */
function bytesText(bytes: number): string {
  const [unit, size] = Object.entries(units)
    .sort(([, a], [, b]) => b - a)
    .find(([, size]) => Number.isInteger(bytes / size)) ?? ['B', 1]
  return `${bytes / size}${unit}`
}
