import type { AsyncResult } from '../../views/async-result.ts'
import { Dependency } from '../../views/dependency.ts'
import type { Lab } from './lab.ts'

export const kinds = ['succeed', 'fail', 'retry', 'once', 'after', 'afterFailure', 'follow', 'direct'] as const
export type Kind = (typeof kinds)[number]

/** Engines are in this thread: tasks count here how often they began, and wait here while others happen. */
interface Shared {
  readonly begun: Map<number, number>
  readonly pause: (name: string) => Promise<unknown>
}

/** How often it is begun where no engine is lost. */
const attemptsOf: Record<Kind, number> = {
  succeed: 1,
  fail: 2,
  retry: 3,
  once: 1,
  after: 1,
  afterFailure: 1,
  follow: 1,
  direct: 1,
}

export async function work(kind: string, value: number, failures: number): Promise<number> {
  const { begun, pause } = Reflect.get(globalThis, 'interleavings') as Shared
  const times = (begun.get(value) ?? 0) + 1
  begun.set(value, times)
  await pause(`task ${value} at work`)
  if (kind === 'fail' || (kind === 'retry' && times <= failures)) throw new RangeError(`no ${value}`)
  return value * 2
}

/** A task that was submitted, all that was seen of it, and what may come of it. */
export class LabTask {
  readonly kind: Kind
  readonly value: number
  readonly result: AsyncResult<number>
  isAborted = false
  readonly #dependencies: readonly LabTask[]
  readonly #statuses: string[] = []
  #values = 0
  #completions = 0

  constructor(lab: Lab, wanted: Kind, earlier: readonly LabTask[]) {
    const [engine] = lab.client.ids
    // With no engine there, nothing can be submitted to one: it is a load-balanced task, and may move as those do.
    const kind = wanted === 'direct' && engine === undefined ? 'succeed' : wanted
    this.kind = kind
    this.value = earlier.length
    this.#dependencies = dependenciesOf(kind, earlier)
    const results = this.#dependencies.map(({ result }) => result)
    const view = lab.client.loadBalancedView()
    const flagged = {
      direct: view,
      succeed: view,
      fail: view.with({ retries: 1 }),
      retry: view.with({ retries: 4 }),
      once: view.with({ retryOnEngineLoss: false }),
      after: view.with({ after: results }),
      afterFailure: view.with({ after: new Dependency(results, { success: false, failure: true }) }),
      follow: view.with({ follow: results }),
    }[kind]
    const chosen = kind === 'direct' && engine !== undefined ? lab.client.directView(engine) : flagged
    this.result = chosen.apply(work, kind, this.value, attemptsOf.retry - 1)
    this.result.catch(() => {})
    this.result.status$.subscribe({
      next: (status) => this.#statuses.push(status),
      complete: () => {
        this.#completions += 1
      },
    })
    this.result.results$.subscribe({
      next: () => {
        this.#values += 1
      },
      error: () => {},
    })
  }

  /** What must not be, now that all has ended. */
  *faults(lab: Lab): Generator<string> {
    const { result, value, kind } = this
    const { status, error } = result
    const told = `${kind} task ${value} ended as ${status}${error ? ` (${error.message})` : ''}`
    if (!this.#mayEndSo(lab)) yield told
    const ends = this.#statuses.filter((one) => one !== 'pending' && one !== 'running')
    if (ends.length !== 1 || this.#completions !== 1) yield `${told}, which was told as ${this.#statuses}`
    if (this.#values !== (status === 'succeeded' ? 1 : 0)) yield `${told} with ${this.#values} values`
    const replies = lab.repliesOnFirstLink.get(result.ids[0] as string) ?? 0
    if (replies > 1) yield `${told} with ${replies} replies`
    const begun = beginningsOf(value)
    const most = attemptsOf[kind] + (kind === 'once' || kind === 'direct' ? 0 : lab.engineLosses + lab.restarts)
    if (begun > most)
      yield `${told} and began ${begun} times, though ${lab.engineLosses} engines were lost and ${lab.restarts} restarted`
    if (status === 'succeeded' && begun < attemptsOf[kind]) yield `${told} and began ${begun} times`
  }

  #mayEndSo({ engineLosses, restarts, interrupts, clientLinks }: Lab): boolean {
    const { kind, result } = this
    const { status, error } = result
    const code = error && 'code' in error ? error.code : undefined
    const metAll = this.#dependencies.every((one) => (one.result.status === 'succeeded') !== (kind === 'afterFailure'))
    if (status === 'succeeded') return kind !== 'fail' && metAll
    if (code === 'YM_ABORTED') return this.isAborted || interrupts > 0
    switch (code) {
      case 'YM_IMPOSSIBLE_DEPENDENCY':
        return !metAll || (kind === 'follow' && engineLosses > 0)
      case 'YM_ENGINE_LOST':
        return engineLosses + restarts >= (kind === 'once' || kind === 'direct' ? 1 : 3)
      case 'YM_UNKNOWN_TASK':
        return kind === 'once' && clientLinks > 1
      default:
        return kind === 'fail' && error?.message.includes(`no ${this.value}`) === true
    }
  }
}

function dependenciesOf(kind: Kind, earlier: readonly LabTask[]): LabTask[] {
  if (kind === 'after') return earlier.filter((one) => one.kind !== 'fail').slice(-2)
  if (kind === 'afterFailure') return earlier.filter((one) => one.kind === 'fail').slice(-1)
  return kind === 'follow' ? earlier.filter((one) => one.kind === 'succeed').slice(-1) : []
}

let shared: Shared

export function beginningsOf(value: number): number {
  return shared.begun.get(value) ?? 0
}

/** To be called before the first task of a lab. */
export function shareWith(lab: Lab): void {
  shared = { begun: new Map(), pause: (name) => lab.pause(name) }
  Object.assign(globalThis, { interleavings: shared })
}
