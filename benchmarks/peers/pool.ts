/** A contender's side: a pool, and the loop that has it do jobs. */
import { createInterface } from 'node:readline'
import type { Done, Job, PayloadWay, Ready, Refused, Work } from './job.ts'

export interface Pool {
  readonly version: string
  /** Each call is a task of its own. */
  call(work: Work, argument: Argument, how: PayloadWay): PromiseLike<unknown>
  /** Its own map, which chooses its chunks. Items are numbers. */
  map?(work: Work, items: readonly number[]): PromiseLike<readonly unknown[]>
  /** Why it cannot do this. */
  refuses?(job: Job): string | undefined
  close(): unknown
}

export type Argument = number | Uint8Array | undefined

/** Does jobs until the input ends. */
export async function serve(pool: Pool): Promise<void> {
  // Workers that start when they are needed have started then, and have loaded the work.
  await runJob(pool, { work: 'nothing', count: 16, window: 16 })
  await answer(pool.version, async (job) => {
    const refused = pool.refuses?.(job)
    return refused === undefined ? runJob(pool, job) : { refused }
  })
  await pool.close()
}

/** The loop alone, for what is no pool. */
export async function answer(version: string, run: (job: Job) => Promise<Done | Refused>): Promise<void> {
  const say = (line: Ready | Done | Refused) => process.stdout.write(`${JSON.stringify(line)}\n`)
  say({ version })
  for await (const line of createInterface(process.stdin)) {
    globalThis.gc?.()
    say(await run(JSON.parse(line) as Job))
  }
}

async function runJob(pool: Pool, job: Job): Promise<Done> {
  const { work, count, window, how = 'copied' } = job
  const argument = argumentsOf(job)
  const call = (i: number) => pool.call(work, argument(i), how)
  if (work === 'back' || work === 'take') {
    const lanes = Array.from({ length: Math.min(window, count) }, () => laneOfBytes(pool, job))
    return clocked(() => inLanes(lanes, count))
  }
  if (job.isMap && pool.map) {
    const { map } = pool
    const items = Array.from({ length: count }, (_, i) => argument(i) as number)
    return clocked(async () => checkMap(job, items, await map(work, items)))
  }
  if (window === 1) {
    const timesUs: number[] = []
    const done = await clocked(async () => void timesUs.push(...(await timed(count, call))))
    return { ...done, timesUs }
  }
  if (window >= count) return clocked(() => Promise.all(Array.from({ length: count }, (_, i) => call(i))))
  return clocked(() => inLanes(Array(window).fill(call), count))
}

function checkMap({ work }: Job, items: readonly number[], results: readonly unknown[]): void {
  const last = results.at(-1)
  if (results.length !== items.length || (work === 'increment' && last !== items.length))
    throw new Error(`a map of ${items.length} items gave ${results.length}, and ${last} at their end`)
}

export async function clocked(work: () => PromiseLike<unknown>): Promise<Done> {
  const begin = performance.now()
  await work()
  return { seconds: (performance.now() - begin) / 1000 }
}

/** One after another; microseconds of each. */
export async function timed(count: number, call: (i: number) => PromiseLike<unknown>): Promise<number[]> {
  const timesUs: number[] = []
  for (let i = 0; i < count; i += 1) {
    const start = performance.now()
    await call(i)
    timesUs.push((performance.now() - start) * 1000)
  }
  return timesUs
}

/** Each lane waits for its call before it makes the next. */
export async function inLanes(lanes: readonly ((i: number) => PromiseLike<unknown>)[], count: number): Promise<void> {
  let started = 0
  const run = async (call: (i: number) => PromiseLike<unknown>) => {
    while (started < count) {
      started += 1
      await call(started - 1)
    }
  }
  await Promise.all(lanes.map(run))
}

function argumentsOf({ work, ms = [0], bytes }: Job): (i: number) => number | undefined {
  if (work === 'nothing') return () => undefined
  if (work === 'give') return () => bytes
  return work === 'increment' ? (i) => i : (i) => ms[i % ms.length]
}

/** A lane with memory of its own. What it transferred is gone, and what came back takes its place. */
function laneOfBytes(pool: Pool, { work, bytes = 0, how = 'copied' }: Job): () => Promise<void> {
  let held = filled(bytes, how)
  return async () => {
    const result = (await pool.call(work, held, how)) as Uint8Array
    if (work === 'take') return
    if (result.byteLength !== bytes) throw new Error(`${result.byteLength} bytes came back instead of ${bytes}`)
    if (how === 'transferred') held = result
  }
}

/** Pages that were never written to would be read for nothing. */
export function filled(bytes: number, how: PayloadWay): Uint8Array {
  return new Uint8Array(how === 'shared' ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)).fill(7)
}
