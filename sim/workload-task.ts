import type { AsyncResult } from '../views/async-result.ts'
import type { Client } from '../views/client.ts'
import { CompositeError } from '../views/composite-error.ts'
import { Dependency } from '../views/dependency.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

export const kinds = [
  ...['succeed', 'succeed', 'succeed', 'fail', 'retry', 'once', 'after', 'afterFailure', 'follow', 'direct'],
  ...['refuse', 'stream', 'print', 'runTimeout', 'stuck', 'queueTimeout', 'map', 'poison'],
] as const
export type Kind =
  | 'succeed'
  | 'fail'
  | 'retry'
  | 'once'
  | 'after'
  | 'afterFailure'
  | 'follow'
  | 'direct'
  | 'refuse'
  | 'stream'
  | 'print'
  | 'runTimeout'
  /** Ends by its time limit only. */
  | 'stuck'
  | 'queueTimeout'
  | 'map'
  | 'poison'

/** What engines, which are in this thread, share with the workload. */
export interface Shared {
  /** Counts that a task has begun; answers how often it has by now. */
  begin(value: number): number
  /** Whether the executor of the task that asks has ended: a thread would be gone. */
  isGone(): boolean
  /** Ends the process of this engine. Whoever calls it must not go on. */
  die(): Promise<never>
}

export const sharedName = 'yardmasterWorkload'

const neverSucceed: ReadonlySet<Kind> = new Set<Kind>(['fail', 'poison', 'stuck'])
/** How often a task of the kind is begun where nothing is lost, at most. */
const attemptsOf: Partial<Record<Kind, number>> = { fail: 2, retry: 4 }
const retryFailures = 2
const streamParts = 12
const lines = 4
const mapItems = 7

async function work(kind: string, value: number, ms: number, failures: number): Promise<number> {
  const { begin, die } = Reflect.get(globalThis, 'yardmasterWorkload') as Shared
  const times = begin(value)
  if (kind === 'stuck') await new Promise(() => {})
  if (kind === 'refuse' && times <= 1) throw Object.assign(new Error('not here'), { code: 'YM_UNMET_DEPENDENCY' })
  await new Promise((resolve) => setTimeout(resolve, ms))
  if (kind === 'poison') await die()
  if (kind === 'fail' || (kind === 'retry' && times <= failures)) throw new RangeError(`no ${value}`)
  return value * 2
}

async function print(value: number, lines: number, ms: number): Promise<number> {
  const { begin, isGone } = Reflect.get(globalThis, 'yardmasterWorkload') as Shared
  begin(value)
  for (let line = 0; line < lines && !isGone(); line += 1) {
    process.stdout.write(`${value}.${line}\n`)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  return value * 2
}

async function* stream(value: number, parts: number, ms: number): AsyncGenerator<number> {
  const { begin } = Reflect.get(globalThis, 'yardmasterWorkload') as Shared
  begin(value)
  for (let part = 0; part < parts; part += 1) {
    await new Promise((resolve) => setTimeout(resolve, ms))
    yield value + part
  }
}

async function workOn(item: number, ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return item * 2
}

/** How a client was told that it ended. */
interface Told {
  readonly status: string
  readonly code: string | undefined
  /** Of each part that failed, where there are several. */
  readonly codes: readonly string[]
  readonly message: string
  readonly value: unknown
  readonly stdout: string
  readonly controllerLosses: number
}

/** How often what runs tasks has ended. */
type Losses = Pick<SimulatedCluster, 'engineLosses' | 'controllerLosses' | 'executorLosses'>

/** A task that was submitted, all that any client was told of it, and what may come of it. */
export class WorkloadTask {
  readonly kind: Kind
  readonly value: number
  readonly ids: readonly string[]
  isAborted = false
  /** The controller has told its client that it has it. */
  isAccepted = false
  readonly client: Client
  /** Its client knows how it ended. */
  readonly told: Told[] = []
  result: AsyncResult<unknown>
  /** A client that did not submit it has asked for it. */
  wasAskedFor = false
  readonly #cluster: SimulatedCluster
  readonly #before: Losses
  readonly #dependencies: readonly WorkloadTask[]
  readonly #statuses: string[] = []

  constructor(
    cluster: SimulatedCluster,
    client: Client,
    wanted: Kind,
    value: number,
    ms: number,
    earlier: readonly WorkloadTask[],
  ) {
    const [engine] = client.ids
    // With no engine there, nothing can be submitted to one; and what the only one refuses has nowhere to go.
    const cannotBe = (wanted === 'direct' && engine === undefined) || (wanted === 'refuse' && cluster.size === 1)
    const kind = cannotBe ? 'succeed' : wanted
    this.kind = kind
    this.value = value
    this.client = client
    this.#cluster = cluster
    const { engineLosses, controllerLosses, executorLosses } = cluster
    this.#before = { engineLosses, controllerLosses, executorLosses }
    // Of others, what is not known to be accepted may never have come.
    const known = earlier.filter((one) => one.isAccepted || one.client === client)
    this.#dependencies = dependenciesOf(kind, known)
    this.result = this.#submit(client, engine, ms)
    this.ids = this.result.ids
    this.result.status$.subscribe((status) => this.#statuses.push(status))
    this.hear(this.result)
  }

  /** Takes down how this ends. */
  hear(result: AsyncResult<unknown>): void {
    this.result = result
    const told = (value: unknown, error: unknown) => {
      const code = codeOf(error)
      const codes = error instanceof CompositeError ? error.errors.map((part) => String(codeOf(part))) : []
      // Its client has given up, which says nothing of the task.
      if (code === 'YM_CONNECTION_LOST' || codes.includes('YM_CONNECTION_LOST')) return
      const message = error instanceof Error ? error.message : ''
      const { status, stdout } = result
      const { controllerLosses } = this.#cluster
      this.told.push({ status, code, codes, message, value, stdout, controllerLosses })
    }
    result.then(
      (value) => told(value, undefined),
      (error: unknown) => told(undefined, error),
    )
  }

  /** What must not be, now that everything has ended. */
  *faults(begun: number): Generator<string> {
    const { kind, value, told } = this
    // That a result was dropped says nothing of how its task ended.
    const first = told.find((one) => !wasDropped(one)) ?? told[0]
    if (first === undefined) {
      yield `${kind} task ${value} has not ended`
      return
    }
    const how = `${kind} task ${value} ended as ${first.status}${first.code ? ` (${first.code}: ${first.message})` : ''}`
    for (const one of told) {
      if (!this.#mayEndSo(one))
        yield `${kind} task ${value} must not end as ${one.status} (${one.code}: ${one.message}) ${JSON.stringify(one.value)}`
      // What was on its way when its client died may come after it was asked for.
      const wasUnknown = first.code === 'YM_UNKNOWN_TASK' && !this.isAccepted
      const isSame = wasUnknown || wasDropped(one) || (one.status === first.status && one.code === first.code)
      if (!isSame && !this.mayBeForgotten)
        yield `${how}, and later another client was told: ${one.status} (${one.code})`
    }
    const ends = this.#statuses.filter((status) => status !== 'pending' && status !== 'running')
    if (ends.length > 1) yield `${how}, which its client was told as ${this.#statuses}`
    const { losses } = this
    const most = (attemptsOf[kind] ?? 1) * (1 + this.#controllerLosses) + losses + (kind === 'refuse' ? 1 : 0)
    const isBound = kind === 'once' || kind === 'direct'
    if (kind !== 'map' && begun > (isBound ? 1 : most)) yield `${how} and began ${begun} times, with ${losses} losses`
    if (first.status === 'succeeded' && begun < (kind === 'retry' ? retryFailures + 1 : 1) && kind !== 'map')
      yield `${how} and began ${begun} times`
  }

  get #controllerLosses(): number {
    return this.#cluster.controllerLosses - this.#before.controllerLosses
  }

  /** Of engines it may have been at, since it was submitted. */
  get losses(): number {
    const { engineLosses, executorLosses } = this.#cluster
    return (
      engineLosses - this.#before.engineLosses + executorLosses - this.#before.executorLosses + this.#controllerLosses
    )
  }

  /** A controller without a store knows nothing of what was told before it. */
  get mayBeForgotten(): boolean {
    return !this.#cluster.hasStore && this.#cluster.controllerLosses > 0
  }

  #submit(client: Client, engine: number | undefined, ms: number): AsyncResult<unknown> {
    const { kind, value } = this
    const results = this.#dependencies.flatMap(({ ids }) => ids)
    const view = client.loadBalancedView()
    if (kind === 'stream') return view.apply(stream, value, streamParts, ms / streamParts)
    if (kind === 'print') return view.apply(print, value, lines, ms / lines)
    if (kind === 'map')
      return view.with({ chunk: 2 }).map(
        workOn,
        Array.from({ length: mapItems }, (_, i) => value + i),
        Array.from({ length: mapItems }, () => ms / mapItems),
      )
    if (kind === 'direct' && engine !== undefined) return client.directView(engine).apply(work, kind, value, ms, 0)
    const flags = {
      succeed: {},
      direct: {},
      stream: {},
      print: {},
      map: {},
      fail: { retries: 1 },
      retry: { retries: retryFailures + 1 },
      once: { retryOnEngineLoss: false },
      after: { after: results },
      afterFailure: { after: new Dependency(results, { success: false, failure: true }) },
      follow: { follow: results },
      refuse: { onUnmet: 'wait' as const },
      runTimeout: { runTimeout: Math.max(1, ms / 2) },
      stuck: { runTimeout: Math.max(1, ms) },
      queueTimeout: { queueTimeout: Math.max(1, ms) },
      poison: {},
    }[kind]
    return view.with(flags).apply(work, kind, value, ms, retryFailures)
  }

  #mayEndSo(told: Told): boolean {
    const { status, code, message, value } = told
    const { kind } = this
    const metAll = this.#dependencies.every((one) => (one.result.status === 'succeeded') !== (kind === 'afterFailure'))
    const isOpen = this.#dependencies.some((one) => one.mayBeForgotten || one.told.some(wasDropped))
    if (status === 'succeeded')
      return (
        !neverSucceed.has(kind) &&
        this.#isRight(value) &&
        this.#isPrinted(told) &&
        (metAll || isOpen || this.mayBeForgotten)
      )
    switch (code) {
      case 'YM_ABORTED':
        return this.isAborted
      case 'YM_IMPOSSIBLE_DEPENDENCY':
        return !metAll || isOpen || (kind === 'follow' && this.#dependencies.some(({ losses }) => losses > 0))
      case 'YM_ENGINE_LOST':
        // Its client may not have known yet that the engine had left.
        if (kind === 'direct') return this.losses + this.#before.engineLosses + this.#before.controllerLosses > 0
        return this.losses >= (kind === 'once' ? 1 : 3)
      case 'YM_UNKNOWN_TASK':
        return (this.wasAskedFor || kind === 'once') && (!this.isAccepted || this.mayBeForgotten)
      case 'YM_RUN_TIMEOUT':
        return kind === 'runTimeout' || kind === 'stuck'
      case 'YM_QUEUE_TIMEOUT':
        return kind === 'queueTimeout'
      case 'YM_PURGED':
        return this.#cluster.retainsFew
      case 'YM_COMPOSITE':
        return kind === 'map' && told.codes.every((part) => this.#mayEndSo({ ...told, code: part, codes: [] }))
      default:
        return kind === 'fail' && message.includes(`no ${this.value}`)
    }
  }

  /** Each line once and in order; what was printed before its controller was lost may be missing. */
  #isPrinted({ stdout, controllerLosses }: Told): boolean {
    if (this.kind !== 'print') return stdout === ''
    const expected = Array.from({ length: lines }, (_, line) => `${this.value}.${line}\n`)
    const printed = stdout.split(/(?<=\n)/)
    if (controllerLosses === this.#before.controllerLosses) return stdout === expected.join('')
    return stdout === '' || expected.filter((line) => printed.includes(line)).join('') === stdout
  }

  #isRight(value: unknown): boolean {
    const expected =
      this.kind === 'stream'
        ? Array.from({ length: streamParts }, (_, part) => this.value + part)
        : this.kind === 'map'
          ? Array.from({ length: mapItems }, (_, i) => (this.value + i) * 2)
          : this.value * 2
    return JSON.stringify(value) === JSON.stringify(expected)
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function wasDropped({ code, codes }: Told): boolean {
  return code === 'YM_PURGED' || codes.includes('YM_PURGED')
}

function dependenciesOf(kind: Kind, earlier: readonly WorkloadTask[]): WorkloadTask[] {
  if (kind === 'after') return earlier.filter((one) => one.kind === 'succeed' || one.kind === 'retry').slice(-2)
  if (kind === 'afterFailure') return earlier.filter((one) => one.kind === 'fail').slice(-1)
  return kind === 'follow' ? earlier.filter((one) => one.kind === 'succeed').slice(-1) : []
}
