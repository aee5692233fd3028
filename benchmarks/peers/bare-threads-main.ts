/**
 * Threads without a pool, the floor beneath all of them: who sleeps or computes is told its whole share in advance, in the best order; else
 * one thread echoes.
 */
import { Worker } from 'node:worker_threads'
import { echoed } from './echo.ts'
import type { Done, Job } from './job.ts'
import { answer, clocked } from './pool.ts'
import { shares } from './shares.ts'
import { workerCount } from './worker-count.ts'

interface Order {
  readonly work: Job['work']
  /** The whole share, or what is to come back. */
  readonly given: readonly number[] | Uint8Array<ArrayBuffer>
  readonly isMoved?: boolean
}

const workers = Array.from(
  { length: workerCount },
  () => new Worker(new URL('./bare-thread-worker.mjs', import.meta.url), { execArgv: [] }),
)
const send = workers.map(sender)
await Promise.all(send.map((each) => each({ work: 'sleep', given: [0] })))
await answer(process.versions.node, async (job) => {
  if (job.work === 'sleep' || job.work === 'compute') return runShares(job)
  if (job.work !== 'nothing' && job.work !== 'back') return { refused: 'an echo does nothing else' }
  const [first] = send as [ReturnType<typeof sender>]
  return echoed((given, isMoved) => first({ work: 'back', given, isMoved }), job)
})
await Promise.all(workers.map((worker) => worker.terminate()))

function runShares({ work, count, ms = [0] }: Job): Promise<Done> {
  const all = Array.from({ length: count }, (_, i) => ms[i % ms.length] as number)
  const parts = shares(all, workerCount)
  return clocked(() => Promise.all(parts.map((given, i) => send[i]?.({ work, given }))))
}

function sender(worker: Worker): (order: Order) => Promise<unknown> {
  const waiting: ((value: unknown) => void)[] = []
  worker.on('message', (value) => waiting.shift()?.(value))
  return (order) => {
    worker.postMessage(order, order.isMoved ? [(order.given as Uint8Array<ArrayBuffer>).buffer] : [])
    return new Promise((resolve) => waiting.push(resolve))
  }
}
