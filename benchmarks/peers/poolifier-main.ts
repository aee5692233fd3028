/** Poolifier, as it is: its fixed pool of threads. */
import { fileURLToPath } from 'node:url'
import { FixedThreadPool } from 'poolifier'
import { type Argument, serve } from './pool.ts'
import { workerCount } from './worker-count.ts'

const pool = new FixedThreadPool<Argument>(
  workerCount,
  fileURLToPath(new URL('./poolifier-worker.mjs', import.meta.url)),
  // The loader of this thread is not for its workers.
  { workerOptions: { execArgv: [] } },
)

await serve({
  version: pool.info.version,
  refuses: ({ how }) => (how === 'transferred' ? 'its workers cannot transfer a result' : undefined),
  call: (work, argument) => pool.execute(argument, work),
  close: () => pool.destroy(),
})
