/** Piscina, as it is, with a fixed number of threads. */
import { Piscina, version } from 'piscina'
import { serve } from './pool.ts'
import { workerCount } from './worker-count.ts'

const pool = new Piscina({
  filename: new URL('./piscina-worker.mjs', import.meta.url).href,
  minThreads: workerCount,
  maxThreads: workerCount,
  // The loader of this thread is not for its workers.
  execArgv: [],
})

await serve({
  version,
  call: (work, argument, how) =>
    how === 'transferred' && argument instanceof Uint8Array
      ? pool.run(argument, { name: 'backMoved', transferList: [argument.buffer as ArrayBuffer] })
      : pool.run(argument, { name: work }),
  close: () => pool.destroy(),
})
