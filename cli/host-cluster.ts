/** A controller, and engines if wanted, under a name, until it is told to stop. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionFile } from '../cluster/connection-file.ts'
import { readConnectionFile, removeConnectionFile, writeConnectionFile } from '../cluster/connection-file.ts'
import type { Log } from '../core/log.ts'
import { Cluster } from '../views/cluster.ts'
import type { LogFlags } from './command-log.ts'
import { keyFromText, takeKeyFromEnvironment } from './key.ts'
import { type LauncherFlags, launcherFrom } from './launcher-options.ts'
import { type LimitFlags, limitsFrom } from './limit-options.ts'
import { publishCluster, requireFreeName } from './named-cluster.ts'

export interface HostOptions extends LimitFlags, LauncherFlags, LogFlags {
  readonly name: string
  readonly engines: number
  readonly engineKind: 'process' | 'thread'
  readonly transport: 'websocket' | 'zeromq'
  /** Where to listen instead of at a free port of this machine. */
  readonly listen?: readonly string[] | undefined
  /** Whether a listener that others can reach may go without encryption. */
  readonly insecure?: true
  /** Web pages of these may connect. */
  readonly origin?: readonly string[] | undefined
  readonly strategy?: string | undefined
  readonly hwm?: number | 'auto' | undefined
  readonly concurrency: number
  /** Instead of that in the environment, as text. */
  readonly key?: string | undefined
  /** The folder of its store. */
  readonly store?: string | undefined
  /** A new file for the history of the run. */
  readonly record?: string | undefined
  /** Where metrics are served; true: at their usual address. */
  readonly metrics?: true | string | undefined
  /** Whether spans are made, and the URL of the module that sets that up. */
  readonly tracing?: true | string
  /** Where the dashboard is served; true: at a free port. */
  readonly dashboard?: true | string | undefined
  readonly dashboardHost?: readonly string[] | undefined
}

export interface HostedCluster {
  readonly cluster: Cluster
  readonly connectionFile: string
  /** Takes no more tasks, finishes what is there, then ends. */
  drain(): Promise<void>
  /** Ends at once. */
  stop(): Promise<void>
  /** Resolves when it has ended, whoever asked for it, and nothing of it is left. */
  readonly ended: Promise<void>
}

/** The longest delay that a timer takes: whoever waits for the tasks to end decides for how long. */
const drainMs = 2 ** 31 - 1

const localAddresses = { websocket: 'ws://127.0.0.1:0', zeromq: 'tcp://127.0.0.1:0' } as const

/** Resolves when every engine is ready and clients can find the cluster. On failure nothing is left behind. */
export async function hostCluster(
  {
    name,
    listen,
    transport,
    strategy,
    hwm,
    store,
    insecure,
    origin,
    key,
    record,
    metrics,
    tracing,
    dashboard,
    dashboardHost: hosts = [],
    logFormat: _,
    logLevel: __,
    ...options
  }: HostOptions,
  log: Log,
): Promise<HostedCluster> {
  await requireFreeName(name)
  // `yardmaster stop --now` ends no process that calls itself anything else.
  process.title = `yardmaster ${name}`
  const before = store === undefined ? undefined : await readHome(store)
  const given = key ?? takeKeyFromEnvironment()
  const text = given ?? before?.key
  const keySource = given === undefined ? `the store ${store}` : '$YARDMASTER_KEY'
  const { transportOptions, ...limits } = limitsFrom(options)
  const { engineKind, engines, concurrency, adapt } = options
  const launcher = await launcherFrom(options, { transport })
  const local = [localAddresses[transport]]
  const cluster = await Cluster.start({
    engines,
    concurrency,
    ...limits,
    ...(launcher ? { launcher } : { engineKind, ...(engineKind === 'process' ? { transport } : {}) }),
    name,
    log,
    drainMs,
    // Where engines are threads, and their launcher needs no address, clients do.
    addresses:
      listen ?? before?.addresses ?? (launcher?.listen?.length && transport !== 'zeromq' ? launcher.listen : local),
    ...(store === undefined ? {} : { store }),
    ...(record === undefined ? {} : { record }),
    ...(metrics === undefined ? {} : { metrics: servedAt(metrics, insecure) }),
    ...(tracing === undefined ? {} : { tracing }),
    ...(dashboard === undefined ? {} : { dashboard: { ...servedAt(dashboard, insecure), hosts } }),
    transportOptions: {
      ...transportOptions,
      ...(insecure ? { insecure } : {}),
      ...(origin ? { origins: origin } : {}),
    },
    ...(text === undefined ? {} : { key: keyFromText(text), keySource }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(hwm === undefined ? {} : { hwm }),
  })
  try {
    if (adapt) cluster.adapt(adapt)
    if (store !== undefined) await writeConnectionFile(homeFile(store), connectionFileOf(cluster))
    const { dashboardUrl, metricsUrl } = cluster
    const watched = { ...(dashboardUrl ? { dashboardUrl } : {}), ...(metricsUrl ? { metricsUrl } : {}) }
    const connectionFile = await publishCluster({ ...connectionFileOf(cluster), ...watched })
    const ended = cluster.stopped.finally(async () => {
      await cluster.stop()
      await removeConnectionFile(connectionFile)
    })
    ended.catch(() => {})
    return {
      cluster,
      connectionFile,
      ended,
      async drain() {
        const client = await cluster.connect()
        await client.shutdown()
        await ended
      },
      async stop() {
        await cluster.stop()
        await ended
      },
    }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

function servedAt(given: true | string, insecure: true | undefined) {
  return { ...(given === true ? {} : { address: given }), ...(insecure ? { insecure } : {}) }
}

const homeFile = (store: string) => join(store, 'controller.json')

/** Where the controller that had this store before listened, and its key: engines and clients seek it there. */
async function readHome(store: string): Promise<ConnectionFile | undefined> {
  return existsSync(homeFile(store)) ? readConnectionFile(homeFile(store)) : undefined
}

function connectionFileOf({ name, addresses, key }: Cluster): ConnectionFile {
  return {
    version: 1,
    cluster: name,
    addresses: [...addresses],
    key: Buffer.from(key).toString('base64url'),
    pid: process.pid,
  }
}
