/** What is measured of each link: latency, throughput, bandwidth, processor time, and many connections at once. */
import type { RecordableHistogram } from 'node:perf_hooks'
import type { FarEnds } from '../links/far-ends.ts'
import type { LinkKind, OpenLink, Pipe } from '../links/link.ts'
import { atRate, type Flow, flowing, inBatches, newHistogram, oneAtATime } from '../links/traffic.ts'
import type { Case, Figure, Measure, Sample, Size, SuiteOptions } from '../suite.ts'

export interface Bed {
  readonly kind: LinkKind
  /** One connection, open throughout. */
  readonly link: OpenLink
}

interface Extent {
  /** The least number of messages in one measurement of latency, and of the flow of messages. */
  readonly trips: number
  readonly percentiles: readonly number[]
  readonly rates: readonly number[]
  readonly messageBytes: readonly number[]
  readonly batches: readonly number[]
  readonly largeMB: readonly number[]
  readonly connections: readonly number[]
}

const extents: Record<Size, Extent> = {
  least: {
    trips: 5,
    percentiles: [50, 99],
    rates: [1_000],
    messageBytes: [64, 4_096],
    batches: [10],
    largeMB: [1],
    connections: [2],
  },
  quick: {
    trips: 50,
    percentiles: [50, 90, 99],
    rates: [1_000],
    messageBytes: [64, 4_096, 262_144],
    batches: [1, 100],
    largeMB: [10],
    connections: [1, 50],
  },
  full: {
    trips: 1_000,
    percentiles: [50, 90, 99, 99.9],
    rates: [1_000, 10_000],
    messageBytes: [64, 1_024, 16_384, 131_072, 1_048_576],
    batches: [1, 10, 100, 1_000],
    largeMB: [10, 64],
    connections: [1, 10, 100, 1_000],
  },
}

/** Under way at a time, at most: so many messages, and bytes; but always two. */
const windowMessages = 1_000
const windowBytes = 4 * 2 ** 20
/** Of each of many connections. */
const windowOfMany = 10

const us: Figure = { unit: 'µs', better: 'lower' }
const rate: Figure = { unit: 'messages/s', better: 'higher' }
const cpu: Figure = { unit: 'µs of CPU a message', better: 'lower' }
const bandwidth: Figure = { unit: 'MB/s each way', better: 'higher' }
/** As the rate, of which it is a multiple. */
const alsoBandwidth: Figure = { ...bandwidth, isComparable: false }

export function transportMeasures(beds: readonly Bed[], far: FarEnds, options: SuiteOptions): Measure[] {
  const links = new Links(beds, far, options)
  return [links.oneAtATime(), links.atRate(), links.bySize(), links.byBatch(), links.large(), links.connections()]
}

class Links {
  readonly #beds: readonly Bed[]
  readonly #far: FarEnds
  readonly #extent: Extent
  readonly #duration: { readonly ms: number; readonly least: number }

  constructor(beds: readonly Bed[], far: FarEnds, { size, takeMs }: SuiteOptions) {
    this.#beds = beds
    this.#far = far
    this.#extent = extents[size]
    this.#duration = { ms: takeMs, least: this.#extent.trips }
  }

  oneAtATime(): Measure {
    return {
      name: 'round trip of 64 B, one at a time',
      figures: this.#percentileFigures(),
      cases: this.#beds.map((bed) =>
        this.#latencyCase(bed, {}, (pipe, latencies) => oneAtATime(pipe, this.#duration, latencies)),
      ),
    }
  }

  atRate(): Measure {
    return {
      name: 'round trip of 64 B, sent at a fixed rate, from when it was due',
      figures: this.#percentileFigures(),
      parameter: { name: 'rate', unit: '/s' },
      cases: this.#extent.rates.flatMap((at) =>
        this.#beds.map((bed) =>
          this.#latencyCase(bed, { at }, (pipe, latencies) => atRate(pipe, at, this.#duration, latencies)),
        ),
      ),
    }
  }

  bySize(): Measure {
    return {
      name: 'echoed, by the size of messages',
      figures: { rate, bandwidth: alsoBandwidth, cpu },
      parameter: { name: 'size', unit: 'B' },
      cases: this.#casesAt(this.#extent.messageBytes, async (pipe, bytes) => {
        const window = Math.max(2, Math.min(windowMessages, Math.floor(windowBytes / bytes)))
        const content = new Uint8Array(bytes)
        const flow = await this.#measured(() => flowing([pipe], window, () => content, this.#duration))
        return { ...flow, bandwidth: (flow.rate * bytes) / 1e6 }
      }),
    }
  }

  byBatch(): Measure {
    return {
      name: '64 B echoed, by how many leave in one turn',
      figures: { rate, cpu },
      parameter: { name: 'batch' },
      cases: this.#casesAt(this.#extent.batches, (pipe, batch) =>
        this.#measured(() => inBatches(pipe, batch, this.#duration)),
      ),
    }
  }

  large(): Measure {
    return {
      name: 'large messages echoed, two under way',
      figures: { bandwidth },
      parameter: { name: 'size', unit: 'MB' },
      cases: this.#casesAt(this.#extent.largeMB, async (pipe, megabytes) => {
        const content = new Uint8Array(megabytes * 1e6)
        const { messages, seconds } = await flowing([pipe], 2, () => content, { ...this.#duration, least: 2 })
        return { bandwidth: (messages * megabytes) / seconds }
      }),
    }
  }

  connections(): Measure {
    return {
      name: `many connections at once, ${windowOfMany} messages of 64 B under way on each`,
      figures: { opening: { unit: 'ms to open them', better: 'lower' }, rate, cpu },
      parameter: { name: 'connections' },
      cases: this.#extent.connections.flatMap((at) =>
        this.#beds.map((bed) => this.#case(bed, { at }, () => this.#takeConnections(bed.kind, at))),
      ),
    }
  }

  /** Opened anew each time: so many of each link cannot stay open side by side. */
  async #takeConnections(kind: LinkKind, connections: number): Promise<Sample> {
    const begin = performance.now()
    const { pipes, close } = await kind.open(this.#far, connections)
    const opening = performance.now() - begin
    const flow = await this.#measured(() => flowing(pipes, windowOfMany, () => new Uint8Array(64), this.#duration))
    await close()
    return { opening, ...flow }
  }

  /** With the processor time that both ends spent. An echo is two messages. */
  async #measured(run: () => Promise<Flow>): Promise<{ readonly rate: number; readonly cpu: number }> {
    const before = await this.#far.cpuUs()
    const { messages, seconds } = await run()
    const used = (await this.#far.cpuUs()) - before
    return { rate: messages / seconds, cpu: used / (2 * messages) }
  }

  #percentileFigures(): Readonly<Record<string, Figure>> {
    return Object.fromEntries(this.#extent.percentiles.map((percent) => [`p${percent}`, us]))
  }

  #latencyCase(
    bed: Bed,
    more: Partial<Case>,
    run: (pipe: Pipe, latencies: RecordableHistogram) => Promise<void>,
  ): Case {
    const latencies = newHistogram()
    const take = async (pipe: Pipe) => {
      const round = newHistogram()
      await run(pipe, round)
      latencies.add(round)
      return Object.fromEntries(
        this.#extent.percentiles.map((percent) => [`p${percent}`, round.percentile(percent) / 1000]),
      )
    }
    return this.#case(bed, { ...more, latencies }, take)
  }

  /** Of each value of the parameter all links: what is compared lies close together. */
  #casesAt(values: readonly number[], take: (pipe: Pipe, value: number) => Promise<Sample>): Case[] {
    return values.flatMap((at) => this.#beds.map((bed) => this.#case(bed, { at }, (pipe) => take(pipe, at))))
  }

  #case({ kind, link }: Bed, more: Partial<Case>, take: (pipe: Pipe) => Promise<Sample>): Case {
    // Where what is beneath cannot be measured, there is nothing to compare with.
    const beneath = this.#beds.find((other) => other.kind.subject === kind.beneath)?.kind.subject
    return {
      subject: kind.subject,
      ...(beneath === undefined ? {} : { reference: { subject: beneath } }),
      ...more,
      take: () => Promise.race([take(link.pipes[0] as Pipe), this.#far.failure]),
    }
  }
}
