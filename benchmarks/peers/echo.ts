/** What an echo can do: it gives back what it is sent, in the order in which it was sent. */
import type { Done, Job } from './job.ts'
import { clocked, filled, inLanes, timed } from './pool.ts'

/** Resolves with what comes back. `isMoved`: the memory goes, and comes back. */
export type Exchange = (bytes: Uint8Array<ArrayBuffer>, isMoved: boolean) => Promise<unknown>

const smallBytes = 64

export async function echoed(
  exchange: Exchange,
  { work, count, window, bytes = 0, how = 'copied' }: Job,
): Promise<Done> {
  const small = () => exchange(new Uint8Array(smallBytes), false)
  if (work === 'nothing' && window === 1) {
    const timesUs = await timed(count, small)
    return { seconds: timesUs.reduce((sum, us) => sum + us, 0) / 1e6, timesUs }
  }
  const isMoved = how === 'transferred'
  const large = () => {
    let given = filled(bytes, how) as Uint8Array<ArrayBuffer>
    return async () => {
      const result = (await exchange(given, isMoved)) as Uint8Array<ArrayBuffer>
      if (isMoved) given = result
    }
  }
  const lanes = Array.from({ length: Math.min(window, count) }, () => (work === 'nothing' ? small : large()))
  return clocked(() => inLanes(lanes, count))
}
