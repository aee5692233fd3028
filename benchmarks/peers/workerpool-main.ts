/** Workerpool, as it is, with a fixed number of threads. */
import { fileURLToPath } from 'node:url'
import { pool as openPool } from 'workerpool'
import manifest from 'workerpool/package.json' with { type: 'json' }
import { serve } from './pool.ts'
import { workerCount } from './worker-count.ts'

const pool = openPool(fileURLToPath(new URL('./workerpool-worker.mjs', import.meta.url)), {
  minWorkers: workerCount,
  maxWorkers: workerCount,
  workerType: 'thread',
  // The loader of this thread is not for its workers.
  workerThreadOpts: { execArgv: [] },
})

await serve({
  version: manifest.version,
  call: (work, argument, how) =>
    how === 'transferred' && argument instanceof Uint8Array
      ? pool.exec('backMoved', [argument], { transfer: [argument.buffer] })
      : pool.exec(work, [argument]),
  close: () => pool.terminate(),
})
