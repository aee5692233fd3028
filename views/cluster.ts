import type { AdaptOptions } from '../cluster/adaptation.ts'
import {
  type ClusterOptions,
  type LocalCluster,
  type LocalClusterOptions,
  startLocalCluster,
} from '../cluster/cluster.ts'
import type { EngineInfo } from '../core/messages.ts'
import { Client, type ClientOptions } from './client.ts'

/** Engines follow the work, until this is stopped. Their number stays as it is then. */
export interface Adapting extends Disposable {
  stop(): void
}

/**
 * A controller in this process and engines, of this machine or started elsewhere by a `launcher`: started and stopped together.
 *
 *     await using cluster = await Cluster.start({ engines: 4 })
 *     const client = await cluster.connect()
 */
export class Cluster implements AsyncDisposable {
  readonly #local: LocalCluster
  /** What clients that are made here have in common with it. */
  readonly #shared: Pick<ClientOptions, 'inspect' | 'tracing'>
  readonly #clients = new Set<Client>()

  private constructor(local: LocalCluster, { inspect, tracing }: LocalClusterOptions) {
    this.#local = local
    this.#shared = { ...(inspect ? { inspect } : {}), ...(tracing ? { tracing } : {}) }
  }

  /**
   * Resolves when every engine is ready, or as many as `waitForEngines` says. On failure nothing is left behind. `inspect` shows the machines of this
   * thread: controller, scheduler, engines whose link is here, and the clients that `connect` makes.
   * @throws ConfigurationError, AddressInUseError, TransportUnavailableError, EngineStartError
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    return new Cluster(await startLocalCluster(options), options)
  }

  get name(): string {
    return this.#local.controller.name
  }

  /** Where clients and engines of other threads, processes and machines can connect. Empty if only this thread can. */
  get addresses(): readonly string[] {
    return this.#local.controller.addresses.filter((address) => !address.startsWith('memory:'))
  }

  /** 32 bytes; who holds them can run code on the engines. */
  get key(): Uint8Array {
    return this.#local.key
  }

  get engines(): readonly EngineInfo[] {
    return this.#local.controller.engines
  }

  /** Where Prometheus finds the metrics; undefined where there are none. */
  get metricsUrl(): string | undefined {
    return this.#local.controller.metricsUrl
  }

  /** Where its dashboard is. Whoever has this link sees what is run, and can change the strategy; undefined where it has none. */
  get dashboardUrl(): string | undefined {
    return this.#local.controller.dashboardUrl
  }

  /** Resolves when the controller has stopped, however that came about; rejects with the defect that stopped it. */
  get stopped(): Promise<void> {
    return this.#local.controller.stopped
  }

  /** A client in this thread, linked to the controller in memory. `stop` closes it. */
  async connect(options: Omit<ClientOptions, 'key'> = {}): Promise<Client> {
    const [here] = this.#local.controller.addresses
    const client = await Client.connect(here, { ...this.#shared, ...options, key: this.#local.key })
    this.#clients.add(client)
    return client
  }

  /**
   * Lets another strategy, by name or as it is, choose from here on; nothing that was assigned moves.
   * @throws ConfigurationError for an unknown name, or where it cannot start: then the old one stays in force
   */
  setStrategy(strategy: NonNullable<LocalClusterOptions['strategy']>): void {
    this.#local.controller.setStrategy(strategy)
  }

  /**
   * Brings the number of engines to `engines`, and ends what `adapt` has begun. Those that are too many take no more tasks but what only they could
   * take, finish what runs, and leave: nothing is lost. Resolves when that is done, and when new ones are ready, or accepted by a system that lets
   * them wait in a queue.
   * @throws ConfigurationError where it is no number; EngineStartError and others, with the system's own words, where one does not come up
   */
  async scale(engines: number): Promise<void> {
    await this.#local.scale(engines)
  }

  /**
   * From here on the number of engines follows the work, between `min` and `max`: more when for a while there was work for more, fewer when for
   * a while fewer were enough. Until the answer is stopped, `scale` or `adapt` is called, or the cluster ends.
   * @throws ConfigurationError naming the option that is wrong
   */
  adapt(options: AdaptOptions): Adapting {
    const stop = this.#local.adapt(options)
    return { stop, [Symbol.dispose]: stop }
  }

  /** Ends clients, controller and engines. Tasks that have not ended are dropped. */
  async stop(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close()))
    await this.#local.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
