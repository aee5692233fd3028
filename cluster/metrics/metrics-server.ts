import type { IncomingMessage, ServerResponse } from 'node:http'
import type * as Prometheus from 'prom-client'
import { ConfigurationError } from '../../core/errors.ts'
import { parseHttpAddress } from '../http/http-address.ts'
import { type HttpServer, openHttpServer } from '../http/http-server.ts'
import { ControllerCounts, type MetricsSource } from './metrics-source.ts'
import { metricsRegistry, processRegistry } from './registry.ts'

/** Where metrics are served, and for whom. */
export interface MetricsOptions {
  /** Where to listen: `HOST:PORT`, or a port of this machine. Default `127.0.0.1:9464`; port 0 takes a free one. */
  readonly address?: string
  /** Lets others than this machine read them, as anyone who reaches the address then can. Default false. */
  readonly insecure?: boolean
}

const path = '/metrics'
const defaultAddress = { host: '127.0.0.1', port: 9_464 }

/** What a controller counts for Prometheus, and the address where that is read. */
export class MetricsServer {
  readonly counts = new ControllerCounts()
  readonly #prometheus: typeof Prometheus
  #http: HttpServer | undefined
  #registry: Prometheus.Registry | undefined

  private constructor(prometheus: typeof Prometheus) {
    this.#prometheus = prometheus
  }

  /** @throws ConfigurationError without the package prom-client, or for an address that others can reach; AddressInUseError, AddressError */
  static async open(given: true | string | MetricsOptions): Promise<MetricsServer> {
    const { address = '', insecure = false }: MetricsOptions =
      given === true ? {} : typeof given === 'string' ? { address: given } : given
    const place = address === '' ? defaultAddress : parseHttpAddress(address, defaultAddress, 'metrics')
    const server = new MetricsServer(await loadPrometheus())
    server.#http = await openHttpServer({
      address: place,
      option: 'metrics',
      insecure,
      handle: (request, response) => server.#handle(request, response),
    })
    return server
  }

  /** Where they are read: `http://127.0.0.1:9464/metrics`. */
  get url(): string {
    return `${this.#http?.url}${path}`
  }

  /** From here on there is something to be read. */
  show(source: () => MetricsSource): void {
    this.#registry = this.#prometheus.Registry.merge([
      metricsRegistry(this.#prometheus, source),
      processRegistry(this.#prometheus),
    ])
  }

  async close(): Promise<void> {
    await this.#http?.close()
  }

  #handle({ url = '', method = '' }: IncomingMessage, response: ServerResponse): void {
    const registry = this.#registry
    if (url.split('?')[0] !== path) response.writeHead(404).end(`Metrics are at ${path}\n`)
    else if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end()
    else if (registry === undefined) response.writeHead(503).end()
    else {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${error}\n`),
      )
    }
  }
}

async function loadPrometheus(): Promise<typeof Prometheus> {
  try {
    return await import('prom-client')
  } catch (cause) {
    throw new ConfigurationError(
      'metrics need the package prom-client, which is not installed: npm install prom-client',
      {
        cause,
      },
    )
  }
}
