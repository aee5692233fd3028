import type { EngineInfo } from '../core/messages.ts'

/** A welcome is a message of the handshake, which takes little. */
const bytesMax = 32 * 1024
const headBytes = 64
const utf8BytesMax = 3

/** As many of them as a welcome can name. */
export function welcomedEngines(engines: readonly EngineInfo[]): readonly EngineInfo[] {
  let bytes = 0
  const tooMany = engines.findIndex(({ name, host, kind, job = '', launch = '' }) => {
    bytes += headBytes + (name.length + host.length + kind.length + job.length + launch.length) * utf8BytesMax
    return bytes > bytesMax
  })
  return tooMany < 0 ? engines : engines.slice(0, tooMany)
}
