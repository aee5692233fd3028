/** The page on which one watches a run: served over HTTP, and told what happens over a WebSocket. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../core/clock.ts'
import { parseHttpAddress } from '../http/http-address.ts'
import { type HttpServer, openHttpServer } from '../http/http-server.ts'
import type { FromPage, ToPage } from './feed/messages.ts'
import { Gate, isOwnOrigin } from './gate.ts'
import { type Page, readPage } from './page.ts'
import { type CollectorSources, RunCollector } from './run-collector.ts'
import { Viewer } from './viewer.ts'

export interface DashboardOptions {
  /** `HOST:PORT`, `PORT` or `HOST`. Default: a free port of 127.0.0.1. */
  readonly address?: string
  /** Whether it may be at an address that others can reach, unencrypted. Default false. */
  readonly insecure?: boolean
  /** By what other names it is asked on loopback: that of a TLS proxy before it. Default: none. */
  readonly hosts?: readonly string[]
}

export interface DashboardSubject extends CollectorSources {
  readonly cluster: string
  readonly clock: Clock
  /** @throws Error where it cannot */
  setStrategy(name: string): void
}

const watchedEveryMs = 250
/** With no page open. */
const unwatchedEveryMs = 1_000
const viewersMax = 32
const defaultAddress = { host: '127.0.0.1', port: 0 }

const fromPage = Compile(
  Type.Object({
    type: Type.Literal('setStrategy'),
    request: Type.Integer({ minimum: 0 }),
    strategy: Type.String({ maxLength: 256 }),
  }),
)

export class Dashboard {
  readonly collector: RunCollector
  readonly #subject: DashboardSubject
  readonly #page: Page
  readonly #gate = new Gate()
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4_096 })
  readonly #viewers = new Set<Viewer>()
  #http: HttpServer | undefined
  #cancelTimer: (() => void) | undefined

  private constructor(subject: DashboardSubject, page: Page) {
    this.#subject = subject
    this.#page = page
    this.collector = new RunCollector(subject.cluster, subject.clock, subject)
  }

  /**
   * Serves at once; `begin` when the subject is there.
   * @throws ConfigurationError for an address that is none, or that others can reach, unless `insecure`; AddressInUseError, AddressError
   */
  static async open(given: true | string | DashboardOptions, subject: DashboardSubject): Promise<Dashboard> {
    const options = given === true ? {} : typeof given === 'string' ? { address: given } : given
    const { address = '', insecure = false, hosts = [] } = options
    const dashboard = new Dashboard(subject, readPage())
    dashboard.#http = await openHttpServer({
      address: address === '' ? defaultAddress : parseHttpAddress(address, defaultAddress, 'dashboard'),
      option: 'dashboard',
      insecure,
      hosts,
      handle: (request, response) => dashboard.#answer(request, response),
      upgrade: (request, socket, head) => dashboard.#upgrade(request, socket, head),
    })
    return dashboard
  }

  /** The link to the page. It holds the token: whoever has it sees what is run, and can change the strategy. */
  get link(): string {
    return `${this.#http?.url}/?token=${this.#gate.token}`
  }

  begin(): void {
    this.#tick()
  }

  async close(): Promise<void> {
    // Open pages still see how it ended.
    if (this.#cancelTimer) this.#tell(true)
    this.#cancelTimer?.()
    await Promise.all([...this.#viewers].map((viewer) => viewer.close()))
    await this.#http?.close()
  }

  #tick(): void {
    this.#tell()
    const delayMs = this.#viewers.size > 0 ? watchedEveryMs : unwatchedEveryMs
    this.#cancelTimer = this.#subject.clock.after(delayMs, () => this.#tick())
  }

  #tell(isLast = false): void {
    const update = this.collector.collect(isLast)
    if (this.#viewers.size === 0) return
    const now = this.#subject.clock.now()
    let news: string | undefined
    let whole: string | undefined
    for (const viewer of this.#viewers) {
      if (!viewer.hasRoom) viewer.skip(now)
      else if (viewer.isCurrent) {
        news ??= textOf(update)
        viewer.send(news)
      } else {
        whole ??= textOf({ type: 'run', run: this.collector.run })
        viewer.send(whole)
      }
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('cache-control', 'no-store')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('x-content-type-options', 'nosniff')
    const status = this.#statusFor(request)
    if (status !== 200) {
      const text =
        status === 401 ? 'Open the link that was printed when the cluster was started: it has a token.\n' : ''
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
      return
    }
    const { html, policy } = this.#page
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': html.length,
      'content-security-policy': policy(request.headers.host ?? ''),
      'set-cookie': this.#gate.cookieFor(request),
    })
    response.end(request.method === 'HEAD' ? undefined : html)
  }

  #statusFor(request: IncomingMessage): number {
    if (!this.#gate.lets(request)) return 401
    if (!isOwnOrigin(request)) return 403
    if (request.method !== 'GET' && request.method !== 'HEAD') return 405
    return pathOf(request) === '/' ? 200 : 404
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    }
    if (!this.#gate.lets(request)) return refuse('401 Unauthorized')
    if (!isOwnOrigin(request)) return refuse('403 Forbidden')
    if (pathOf(request) !== '/feed') return refuse('404 Not Found')
    if (this.#viewers.size >= viewersMax) return refuse('503 Service Unavailable')
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#joined(opened))
  }

  #joined(socket: WebSocket): void {
    const viewer = new Viewer(socket)
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#viewers.delete(viewer))
    socket.on('message', (data) => {
      const asked = parsed(String(data))
      if (asked === undefined) return socket.close(1008)
      // It asks and asks, and reads no answer.
      if (!viewer.hasRoom) return socket.terminate()
      socket.send(textOf(this.#changeStrategy(asked)))
      this.#tell()
    })
    // For those that are there this is an update as any other.
    this.#tell()
    this.#viewers.add(viewer)
    viewer.send(textOf({ type: 'run', run: this.collector.run }))
    this.#cancelTimer?.()
    this.#cancelTimer = this.#subject.clock.after(watchedEveryMs, () => this.#tick())
  }

  #changeStrategy({ request, strategy }: FromPage): ToPage {
    try {
      this.#subject.setStrategy(strategy)
      return { type: 'answer', request }
    } catch (error) {
      return { type: 'answer', request, error: error instanceof Error ? error.message : String(error) }
    }
  }
}

function textOf(message: ToPage): string {
  return JSON.stringify(message)
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string
}

function parsed(text: string): FromPage | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return fromPage.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}
