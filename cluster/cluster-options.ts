/** What `Cluster.start` takes: for programs that no type checker has seen. */
import { ConfigurationError } from '../core/errors.ts'
import { unknownOptions } from '../core/known-options.ts'
import type { ClusterOptions, LocalClusterOptions } from './cluster.ts'
import { launcherEntry, launchersWith } from './launchers/registry.ts'

const clusterOptions = {
  launcher: true,
  abortGraceMs: true,
  addresses: true,
  clock: true,
  concurrency: true,
  dashboard: true,
  drainMs: true,
  engineKind: true,
  engineLossLimit: true,
  engines: true,
  estimates: true,
  heartbeatMs: true,
  hwm: true,
  inspect: true,
  key: true,
  keySource: true,
  limits: true,
  log: true,
  metrics: true,
  name: true,
  observe: true,
  reconnectMs: true,
  record: true,
  recoveryMs: true,
  restartsMax: true,
  retention: true,
  seed: true,
  store: true,
  strangersMax: true,
  strategy: true,
  tracing: true,
  transport: true,
  transportOptions: true,
  waitForEngines: true,
} satisfies Record<keyof LocalClusterOptions | 'launcher', true>

/** @throws ConfigurationError naming an option that neither the cluster nor its launcher has, and where it belongs */
export async function checkClusterOptions(options: ClusterOptions): Promise<void> {
  const unknown = unknownOptions(options, clusterOptions)
  if (unknown.length === 0) return
  const { engineKind = 'thread', launcher = engineKind } = options
  const ofLauncher = typeof launcher === 'string' ? (await launcherEntry(launcher)).options : []
  const name = unknown.find((option) => !ofLauncher.includes(option))
  if (name === undefined) return
  const launchers = await launchersWith(name)
  if (launchers.length > 0 && typeof launcher !== 'string') {
    throw new ConfigurationError(
      `the option ${name} belongs to the launcher itself, where that is made: ${launcher.name} was given as it is`,
    )
  }
  if (launchers.length > 0) {
    const those = launchers.map((one) => `launcher: '${one}'`).join(' or ')
    throw new ConfigurationError(
      `the option ${name} is one of another launcher than ${launcher}: it goes with ${those}`,
    )
  }
  throw new ConfigurationError(
    `Cluster.start has no option ${name}; there are ${Object.keys(clusterOptions).sort().join(', ')}, and those of the launcher`,
  )
}
