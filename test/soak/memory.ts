import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** In MiB. */
export interface ThreadMemory {
  readonly heap: number
  /** Buffers outside the heap. */
  readonly external: number
}

export interface Memory extends ThreadMemory {
  /** Of the whole process, without the files that it has mapped: the pages of a store are the system's to take back. */
  readonly resident: number
}

/** After collections, and after what they set free has been let go. */
export async function memoryNow(): Promise<Memory> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.()
    await sleep(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed / 2 ** 20, external: external / 2 ** 20, resident: anonymousMiB() ?? rss / 2 ** 20 }
}

/** Linux says it; elsewhere undefined. */
function anonymousMiB(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return kib === undefined ? undefined : Number(kib) / 2 ** 10
}
