import type { AttemptEnd } from '../core/messages.ts'
import type { SendOptions } from '../core/transport.ts'

/** The engine has no more use for what it reports: towards another thread, the memory of large results goes along. */
export function memoryOf(results: readonly AttemptEnd[]): SendOptions | undefined {
  let transfer: ArrayBuffer[] | undefined
  for (const { output } of results) {
    if (output === undefined || output.frames.length === 1) continue
    transfer ??= []
    transfer.push(...output.ownBuffers)
  }
  return transfer && { transfer }
}
