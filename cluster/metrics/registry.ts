import type * as Prometheus from 'prom-client'
import type { BucketCounts } from './bucket-counts.ts'
import { type HistogramMetric, histograms, type Metric, metrics } from './metrics.ts'
import type { MetricsSource } from './metrics-source.ts'

type Library = typeof Prometheus

/** Every metric of one controller, each read when the registry is. */
export function metricsRegistry(library: Library, source: () => MetricsSource): Prometheus.Registry {
  const registry = new library.Registry()
  for (const metric of metrics) register(library, registry, metric, source)
  for (const histogram of histograms) registerHistogram(library, registry, histogram, source)
  return registry
}

let ofProcess: Prometheus.Registry | undefined

/** What every Node program tells of itself: one for all controllers of a process, since what it watches is never let go. */
export function processRegistry(library: Library): Prometheus.Registry {
  if (ofProcess === undefined) {
    ofProcess = new library.Registry()
    library.collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

function register(
  library: Library,
  registry: Prometheus.Registry,
  { name, help, type, labels, read }: Metric,
  source: () => MetricsSource,
): void {
  const configuration = { name, help, labelNames: labels, registers: [registry] }
  if (type === 'gauge') {
    new library.Gauge({
      ...configuration,
      collect() {
        this.reset()
        for (const [labels, value] of read(source())) this.set(labels, value)
      },
    })
  } else {
    new library.Counter({
      ...configuration,
      collect() {
        this.reset()
        for (const [labels, value] of read(source())) this.inc(labels, value)
      },
    })
  }
}

/** The library counts one value at a time; here the counts are there already. */
function registerHistogram(
  library: Library,
  registry: Prometheus.Registry,
  { name, help, read }: HistogramMetric,
  source: () => MetricsSource,
): void {
  class Filled extends library.Histogram {
    /** By this the library reads a histogram, for `get` too. */
    async getForPromString() {
      return { name, help, type: 'histogram', values: valuesOf(name, read(source().counts.run)) }
    }
  }
  new Filled({ name, help, registers: [registry] })
}

const msPerSecond = 1_000

function valuesOf(name: string, { bounds, counts, sum }: BucketCounts): Prometheus.MetricValueWithName<string>[] {
  let below = 0
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
    below += counts[index] as number
    const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound / msPerSecond
    return { metricName: `${name}_bucket`, labels: { le }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: sum / msPerSecond },
    { metricName: `${name}_count`, labels: {}, value: below },
  ]
}
