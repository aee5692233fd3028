import { ConfigurationError } from '../core/errors.ts'
import type { HostOptions } from './host-cluster.ts'
import { launcherFrom } from './launcher-options.ts'

/** As `Cluster.start` has it. */
const reconnectMs = 30_000

/**
 * Prints what the launcher would give its system for these engines.
 * @throws ConfigurationError where it gives nothing to read
 */
export async function printPreview(host: HostOptions): Promise<void> {
  const { name, engines, concurrency, transport } = host
  const launcher = await launcherFrom(host, { transport })
  if (launcher?.preview === undefined) {
    throw new ConfigurationError(
      `--dry-run is for a launcher that gives another system something to read, such as slurm or kubernetes, and not for ${launcher?.name ?? host.engineKind}`,
    )
  }
  const seats = Array.from({ length: engines }, (_, i) => ({ name: `${launcher.name}-${i}`, launch: `LAUNCH-${i}` }))
  process.stdout.write(await launcher.preview({ cluster: name, concurrency, reconnectMs, seats }))
}
