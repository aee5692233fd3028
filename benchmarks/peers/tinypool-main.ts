/** Tinypool, as it is, with a fixed number of threads. */
import { Tinypool } from 'tinypool'
import manifest from 'tinypool/package.json' with { type: 'json' }
import { serve } from './pool.ts'
import { workerCount } from './worker-count.ts'

const pool = new Tinypool({
  filename: new URL('./tinypool-worker.mjs', import.meta.url).href,
  minThreads: workerCount,
  maxThreads: workerCount,
  // The loader of this thread is not for its workers.
  execArgv: [],
})

await serve({
  version: manifest.version,
  call: (work, argument, how) =>
    how === 'transferred' && argument instanceof Uint8Array
      ? pool.run(argument, { name: 'backMoved', transferList: [argument.buffer as ArrayBuffer] })
      : pool.run(argument, { name: work }),
  close: () => pool.destroy(),
})
