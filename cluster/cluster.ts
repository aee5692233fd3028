/** A controller and its engines, started together. */
import { randomBytes, randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { systemClock } from '../core/clock.ts'
import { ConfigurationError, LimitError } from '../core/errors.ts'
import { logOf } from '../core/log.ts'
import { freshSeed, seededRandom } from '../core/random.ts'
import { adaptEngines } from './adapt-engines.ts'
import { Adaptation, type AdaptOptions } from './adaptation.ts'
import { checkClusterOptions } from './cluster-options.ts'
import { type Controller, type ControllerOptions, startController, strangersMaxDefault } from './controller.ts'
import { limitsOf } from './controller-limits.ts'
import { EnginePool } from './engine-pool.ts'
import { checkLauncher, openChecked } from './launchers/checked-launcher.ts'
import type { Launcher } from './launchers/launcher.ts'
import {
  type EngineKind,
  engineKinds,
  isAddress,
  type TransportAddress,
  type TransportName,
} from './launchers/local.ts'
import type { LauncherChoice } from './launchers/options.ts'
import { createLauncher } from './launchers/registry.ts'

type Transport = TransportName | TransportAddress

/** What `Cluster.start` takes: a controller's options, and those of the engines that it starts with it. */
export interface LocalClusterOptions extends Omit<Partial<ControllerOptions>, 'scale' | 'onEngine'> {
  /** How many engines; default: as many as this machine runs threads at once. 0: a controller without engines. */
  readonly engines?: number
  /**
   * Where engines run: `thread` (default), `process`, or `inline`, in the thread of the caller, one task at a time.
   * In all but `inline`, tasks run in a thread of their own, apart from the engine's link. The same as `launcher` with one of these names.
   */
  readonly engineKind?: EngineKind
  /**
   * The link between controller and engines. Default: `memory` for threads, `websocket` for processes. Or an address; that
   * of a transport of one's own is for engines whose link is in this thread, where it is registered: no processes.
   */
  readonly transport?: Transport
  /** How many asynchronous tasks one engine may have in progress together. Default 1. */
  readonly concurrency?: number
  /** How long engines try to come back after their link is lost. Default 30,000. */
  readonly reconnectMs?: number
  /** How often in a row an engine that ended by itself is started anew. Default 5; 0: never. */
  readonly restartsMax?: number
  /** How many engines must be ready before the cluster is. Default: all; none, where the launcher's system lets them wait in a queue. */
  readonly waitForEngines?: number
}

/** What `Cluster.start` takes: `launcher` with its options, and all else. */
export type ClusterOptions = LocalClusterOptions & LauncherChoice

export interface LocalCluster {
  readonly controller: Controller
  readonly key: Uint8Array
  /** Brings the number of engines to this, as `EnginePool.scale` tells. Ends `adapt`. */
  scale(count: number): Promise<void>
  /** From here on their number follows the work, until the answer is called. */
  adapt(options: AdaptOptions): () => void
  stop(): Promise<void>
}

/** Starts everything; resolves when every engine is admitted. On failure nothing is left behind. */
export async function startLocalCluster(options: ClusterOptions = {}): Promise<LocalCluster> {
  await checkClusterOptions(options)
  const count = options.engines ?? availableParallelism()
  if (!Number.isInteger(count) || count < 0) {
    throw new ConfigurationError(`engines must be a whole number from 0 on, not ${count}`)
  }
  const launcher = checkLauncher(await launcherOf(options))
  const { waitForEngines = launcher.queues ? 0 : count } = options
  if (!Number.isInteger(waitForEngines) || waitForEngines < 0 || waitForEngines > count) {
    throw new ConfigurationError(`waitForEngines must be a whole number from 0 to ${count}, not ${waitForEngines}`)
  }
  const { transport = '' } = options
  const named = isAddress(transport) ? [transport] : []
  const own = named.length > 0 ? [] : (launcher.listen ?? ['ws://127.0.0.1:0'])
  const isHere = named.length === 0 && own.length === 0
  const listenAt = [...named, ...(options.addresses ?? own)]
  if (count > 0 && !isHere && listenAt.length === 0) {
    throw new ConfigurationError('addresses is empty: engines need one at which to reach their controller')
  }
  const key = options.key ?? new Uint8Array(randomBytes(32))
  const clock = options.clock ?? systemClock
  const log = logOf(options.log)
  const random = seededRandom(freshSeed())
  let pool: EnginePool | undefined
  let endAdapting = () => {}
  const scale = async (engines: number): Promise<void> => {
    endAdapting()
    await pool?.scale(engines)
  }
  const { enginesMax } = limitsOf(options.limits)
  const scaleForClient = async (engines: number): Promise<void> => {
    if (engines > enginesMax) throw tooManyEngines(engines, enginesMax)
    await scale(engines)
  }
  const controller = await startController({
    ...options,
    key,
    // Its own engines come all at once: they are not to push each other out.
    strangersMax: (options.strangersMax ?? strangersMaxDefault) + count,
    addresses: [`memory:${randomUUID()}`, ...listenAt],
    scale: scaleForClient,
    onEngine: (change, info) => pool?.changed(change, info),
  })
  let isOver = false
  const stop = async () => {
    isOver = true
    endAdapting()
    await Promise.all([pool?.stop(), controller.stop()])
  }
  try {
    const { concurrency = 1, reconnectMs = 30_000, restartsMax = 5, inspect, tracing = false } = options
    const session = await openChecked(launcher, {
      cluster: controller.name,
      addresses: isHere ? controller.addresses.slice(0, 1) : controller.addresses.slice(1),
      key,
      concurrency,
      reconnectMs,
      log,
      adopt: (connection) => controller.adopt(connection),
      inspect,
      tracing,
    })
    const started = new EnginePool({
      session,
      kind: launcher.name,
      run: randomUUID().slice(0, 8),
      queues: launcher.queues ?? false,
      restartsMax,
      clock,
      random,
      log,
      drain: (engine) => controller.drainEngines([engine]),
      loads: () => new Map(controller.status().engines.map(({ id, load, direct }) => [id, load + direct])),
    })
    pool = started
    // Without their controller engines are of no use, whoever ended it.
    const stopPool = () => {
      isOver = true
      endAdapting()
      return started.stop()
    }
    controller.stopped.then(stopPool, stopPool)
    await started.scale(count, waitForEngines)
    return {
      controller,
      key,
      scale,
      adapt(given) {
        const adaptation = new Adaptation(given, concurrency)
        endAdapting()
        if (isOver) return () => {}
        const engines = {
          clock,
          random,
          log,
          get size() {
            return started.size
          },
          get tasks() {
            const { ready, assigned, running } = controller.status()
            return ready + assigned + running
          },
          scale: (engines: number) => started.scale(engines),
        }
        endAdapting = adaptEngines(engines, adaptation)
        return endAdapting
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function tooManyEngines(engines: number, max: number): LimitError {
  const message = `${engines} engines are more than clients may ask for (limits.enginesMax, --engines-max: ${max})`
  return new LimitError(message, { details: { limit: 'enginesMax', max, used: engines } })
}

async function launcherOf(options: ClusterOptions): Promise<Launcher> {
  const { engineKind, launcher } = options
  if (engineKind !== undefined && !engineKinds.includes(engineKind)) {
    throw new ConfigurationError(`engineKind must be one of ${engineKinds.join(', ')}, not ${engineKind}`)
  }
  if (launcher === undefined) return createLauncher(engineKind ?? 'thread', { ...options })
  const name = typeof launcher === 'string' ? launcher : checkLauncher(launcher).name
  if (engineKind !== undefined && engineKind !== name) {
    throw new ConfigurationError(`engineKind is ${engineKind} and launcher ${name}: give one of them`)
  }
  const { transport = '' } = options
  if (transport !== '' && !isAddress(transport) && !engineKinds.some((kind) => kind === name)) {
    throw new ConfigurationError(
      `with launcher ${name}, transport must be the address where the controller listens, not ${transport}: tcp://HOST:PORT, ws://HOST:PORT`,
    )
  }
  return typeof launcher === 'string' ? createLauncher(launcher, { ...options }) : launcher
}
