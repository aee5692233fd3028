/**
 * The main module of the process that `yardmaster start` leaves behind. What to host comes over the channel to the
 * command, which ends when everything is ready; if it ends before, so does this.
 */
import { type Fault, faultFrom } from '../core/errors.ts'
import { openLog } from './command-log.ts'
import { type HostedCluster, type HostOptions, hostCluster } from './host-cluster.ts'
import { onInterrupt } from './interrupts.ts'
import { leave } from './leave.ts'

export type FromBackground =
  | {
      readonly type: 'ready'
      readonly connectionFile: string
      readonly addresses: readonly string[]
      readonly engines: number
      readonly metricsUrl?: string | undefined
      readonly dashboardUrl?: string | undefined
    }
  | { readonly type: 'failed'; readonly fault: Fault }

const leaveEarly = () => process.exit(1)
process.once('disconnect', leaveEarly)
process.once('message', (message) => {
  process.off('disconnect', leaveEarly)
  void host(message as HostOptions).then(leave)
})

async function host(options: HostOptions): Promise<void> {
  const log = await openLog(
    { logFormat: 'json', ...options },
    process.stdout,
    { cluster: options.name },
    (level) => `${new Date().toISOString()} ${level} `,
  )
  let hosted: HostedCluster | undefined
  let isUnwanted = false
  onInterrupt(
    () => {
      isUnwanted = true
      hosted?.drain().catch(() => hosted?.stop())
    },
    () => (hosted ? void hosted.stop() : process.exit(1)),
  )
  try {
    hosted = await hostCluster(options, log)
    // Nobody would know of it.
    if (isUnwanted || !process.connected) return await hosted.stop()
    const { cluster, connectionFile, ended } = hosted
    const listensAt = cluster.addresses.join(', ')
    log('info', `cluster '${cluster.name}' is ready: ${listensAt}`, { addresses: listensAt })
    const { addresses, engines, metricsUrl, dashboardUrl } = cluster
    await tell({ type: 'ready', connectionFile, addresses, engines: engines.length, metricsUrl, dashboardUrl })
    await ended
    log('info', 'stopped')
  } catch (error) {
    const fault = faultFrom(error)
    log('error', `${fault.message} [${fault.code}]`, { code: fault.code })
    process.exitCode = 1
    await tell({ type: 'failed', fault })
  }
}

/** Resolves when it was said: nothing else will be, so the channel closes. */
function tell(message: FromBackground): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      if (process.connected) process.disconnect()
      resolve()
    }
    if (process.connected) process.send?.(message, done)
    else resolve()
  })
}
