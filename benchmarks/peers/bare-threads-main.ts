/**
 * Threads without a pool, the floor beneath all of them: who sleeps or computes is told its whole share in advance, in the best order; else
 * one thread echoes.
 */
import { Worker } from 'node:worker_threads'
import type { Done, Job, Refused } from './job.ts'
import { answer, clocked, filled, inLanes, timed } from './pool.ts'
import { shares } from './shares.ts'
import { workerCount } from './worker-count.ts'

const workers = Array.from(
  { length: workerCount },
  () => new Worker(new URL('./bare-thread-worker.mjs', import.meta.url), { execArgv: [] }),
)
const pipes = workers.map(pipeTo)
await Promise.all(pipes.map((pipe) => pipe.exchange({ work: 'nothing' })))
await answer(process.versions.node, run)
await Promise.all(workers.map((worker) => worker.terminate()))

interface Order {
  readonly work: Job['work']
  readonly given?: readonly number[] | Uint8Array
  readonly isMoved?: boolean
}

async function run(job: Job): Promise<Done | Refused> {
  const { work, count, window } = job
  if (work === 'increment') return { refused: 'an echo does nothing else' }
  if (work === 'sleep' || work === 'compute') return runShares(job)
  const [pipe] = pipes as [Pipe]
  if (work === 'nothing' && window === 1) {
    const timesUs = await timed(count, () => pipe.exchange({ work }))
    return { seconds: timesUs.reduce((sum, us) => sum + us, 0) / 1e6, timesUs }
  }
  const lanes = Array.from({ length: Math.min(window, count) }, () =>
    work === 'nothing' ? () => pipe.exchange({ work }) : bytesBack(pipe, job),
  )
  return clocked(() => inLanes(lanes, count))
}

function bytesBack(pipe: Pipe, { bytes = 0, how = 'copied' }: Job): () => Promise<void> {
  let given = filled(bytes, how)
  const isMoved = how === 'transferred'
  return async () => {
    const result = (await pipe.exchange({ work: 'back', given, isMoved })) as Uint8Array
    if (isMoved) given = result
  }
}

function runShares({ work, count, ms = [0] }: Job): Promise<Done> {
  const all = Array.from({ length: count }, (_, i) => ms[i % ms.length] as number)
  const parts = shares(all, workerCount)
  return clocked(() => Promise.all(parts.map((given, i) => pipes[i]?.exchange({ work, given }))))
}

type Pipe = ReturnType<typeof pipeTo>

function pipeTo(worker: Worker) {
  const waiting: ((value: unknown) => void)[] = []
  worker.on('message', (value) => waiting.shift()?.(value))
  return {
    exchange(order: Order): Promise<unknown> {
      const { given, isMoved } = order
      worker.postMessage(order, isMoved ? [(given as Uint8Array<ArrayBuffer>).buffer] : [])
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}
