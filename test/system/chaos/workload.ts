/** The tasks of the chaos test: what each does, and how it may end. All follows from its number, so that every process agrees. */
import { type AsyncResult, Dependency, type LoadBalancedView } from 'yardmaster'

/** Of each forty tasks in a row. */
const kinds: readonly string[] = [
  ...['plain', 'after', 'fails', 'impossible', 'retried', 'once', 'chained', 'large', 'prints', 'streams', 'aborted'],
  ...Array<string>(29).fill('plain'),
]

/** After so many tasks the kinds begin anew. */
export const kindsCount = kinds.length

/** `value`, or the code of an error. What is not named must end with its value. */
const allowedEnds: Readonly<Record<string, readonly string[]>> = {
  fails: ['YM_REMOTE'],
  impossible: ['YM_IMPOSSIBLE_DEPENDENCY'],
  // What must not run twice may be lost with its engine, or with the message that submits it.
  once: ['value', 'YM_ENGINE_LOST', 'YM_UNKNOWN_TASK'],
  aborted: ['value', 'YM_ABORTED'],
}

export function kindOf(item: number): string {
  return kinds[item % kinds.length] as string
}

/** How a task ended, as far as it can be told to another process. */
export interface Ending {
  readonly item: number
  readonly id: string
  readonly end: string
  /** A number by which the execution that this is the end of differs from all others. */
  readonly run?: number | undefined
  /** What is wrong with it. */
  readonly problem?: string | undefined
}

/** In milliseconds, from 0 to 50. */
const durationOf = (item: number): number => (Math.imul(item, 0x9e3779b1) >>> 16) % 51
const rightValue = (item: number): number => item * item + 7
const largeBytes = 32 * 1_024
const streamParts = 5

interface Worked {
  readonly run: number
  readonly value: number
  readonly bytes: Uint8Array | undefined
}

/** Each execution writes into the log when it begins, and when it ends well. */
async function work(log: string, kind: string, item: number, ms: number, bytes?: Uint8Array): Promise<Worked> {
  const { appendFileSync } = await import('node:fs')
  const run = Math.random()
  appendFileSync(log, `${item} ${run} began\n`)
  await new Promise((resolve) => setTimeout(resolve, ms))
  if (kind === 'prints') console.log(`task ${item}`)
  if (kind === 'fails' || (kind === 'retried' && run < 0.5)) throw new RangeError(`no ${item} ${run}`)
  appendFileSync(log, `${item} ${run} ended\n`)
  return { run, value: item * item + 7, bytes: bytes?.map((byte) => 255 - byte) }
}

async function* stream(log: string, item: number, ms: number, parts: number): AsyncGenerator<number> {
  const { appendFileSync } = await import('node:fs')
  appendFileSync(log, `${item} ${Math.random()} began\n`)
  for (let part = 0; part < parts; part += 1) {
    await new Promise((resolve) => setTimeout(resolve, ms / parts))
    yield item + part
  }
}

export interface SubmitOptions {
  readonly view: LoadBalancedView
  /** The file that tasks write into. */
  readonly log: string
  /** Of a task that was submitted before. */
  idOf(item: number): string | undefined
}

export function submit(item: number, { view, log, idOf }: SubmitOptions): AsyncResult<unknown> {
  const kind = kindOf(item)
  const earlier = idOf(item - (kind === 'chained' ? kinds.length : 1))
  const follows = earlier !== undefined && ['after', 'impossible', 'chained'].includes(kind)
  const flagged = view.with({
    label: String(item),
    ...(follows ? { after: new Dependency(earlier) } : {}),
    // Half of all attempts fail; nobody will see a hundred in a row.
    ...(kind === 'retried' ? { retries: 100 } : kind === 'fails' ? { retries: 1 } : {}),
    ...(kind === 'once' ? { retryOnEngineLoss: false } : {}),
  })
  const ms = durationOf(item)
  if (kind === 'streams') return flagged.apply(stream, log, item, ms, streamParts)
  const bytes = kind === 'large' ? new Uint8Array(largeBytes).fill(item) : undefined
  const result = flagged.apply(work, log, kind, item, ms, bytes)
  if (kind === 'aborted') setTimeout(() => result.abort(), 200 * durationOf(item + 1))
  return result
}

/** No task is heard of so late. */
const patienceMs = 300_000

/** Resolves when the task has ended, or with `YM_TIMEOUT`. Never rejects. */
export async function endingOf(item: number, result: AsyncResult<unknown>): Promise<Ending> {
  const settled = await result.get({ timeout: patienceMs }).then(
    (value) => ({ end: 'value', ...judgeValue(item, value, result.stdout) }),
    (error: Error & { code?: string }) => ({ end: error.code ?? error.name, ...judgeError(item, error) }),
  )
  return { item, id: result.ids[0] as string, ...settled }
}

type Judged = Pick<Ending, 'run' | 'problem'>

function judgeValue(item: number, value: unknown, stdout: string): Judged {
  const kind = kindOf(item)
  if (!(allowedEnds[kind] ?? ['value']).includes('value')) return { problem: `its value is ${JSON.stringify(value)}` }
  if (kind === 'streams') {
    const wanted = Array.from({ length: streamParts }, (_, part) => item + part)
    return { problem: JSON.stringify(value) === JSON.stringify(wanted) ? undefined : `its parts are ${value}` }
  }
  const { run, value: told, bytes } = value as Worked
  if (told !== rightValue(item)) return { run, problem: `its value is ${told}` }
  const wantedBytes = kind === 'large' ? largeBytes : undefined
  if (bytes?.length !== wantedBytes || bytes?.some((byte) => byte !== 255 - (item & 255)))
    return { run, problem: 'its bytes are wrong' }
  // What a task has printed is not stored before it ends.
  const wanted = kind === 'prints' ? [`task ${item}\n`, ''] : ['']
  return { run, problem: wanted.includes(stdout) ? undefined : `it printed ${JSON.stringify(stdout)}` }
}

function judgeError(item: number, { code, message }: Error & { code?: string }): Judged {
  const allowed = allowedEnds[kindOf(item)] ?? ['value']
  if (code === undefined || !allowed.includes(code)) return { problem: message }
  if (code !== 'YM_REMOTE') return {}
  const own = /RangeError: no (\d+) (0\.\S+)$/.exec(message)
  return { run: Number(own?.[2]), problem: own?.[1] === String(item) ? undefined : message }
}
