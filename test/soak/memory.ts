import { setTimeout as sleep } from 'node:timers/promises'

/** In MiB. */
export interface Memory {
  readonly heap: number
  /** Buffers outside the heap. */
  readonly external: number
  /** Of the whole process. */
  readonly rss: number
}

/** After collections, and after what they set free has been let go. */
export async function memoryNow(): Promise<Memory> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.()
    await sleep(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed / 2 ** 20, external: external / 2 ** 20, rss: rss / 2 ** 20 }
}
