/**
 * What starts engines: threads, processes, machines behind ssh, a batch system. The contract that each of them fulfils, and that the suite
 * `launcherSuite` of `yardmaster/testing` checks. A launcher only starts and ends engines and tells how they fare; that an engine is ready is
 * known when it has joined its controller, and that one that ended is started anew is the cluster's business.
 */
import type { Log } from '../../core/log.ts'
import type { Connection } from '../../core/transport.ts'
import type { EngineOptions } from '../engine.ts'

/** A way to start engines, with its options. It holds nothing until it is opened. */
export interface Launcher {
  /** What `kind` says of its engines, and how it is called in messages: `ssh`. */
  readonly name: string
  /**
   * True where the system may let engines wait for long before they begin. The cluster is then ready when the system has accepted them.
   * Default false.
   */
  readonly queues?: boolean
  /**
   * Where the controller shall listen for the engines, unless the user says where: `ws://127.0.0.1:0`. An address that other machines
   * can reach is encrypted by itself (`wss:`). Empty: the engines are linked within this process. Default `['ws://127.0.0.1:0']`.
   */
  readonly listen?: readonly string[]
  /** Called once, when the controller listens. Rejects with a coded error where nothing can be started, and then leaves nothing. */
  open(setting: LaunchSetting): Promise<LaunchSession>
  /** What it would give its system, for people to read; what is known only when it does stands in capitals. It starts nothing. */
  preview?(preview: LaunchPreview): Promise<string>
}

/** A cluster that might be started. */
export interface LaunchPreview extends Pick<LaunchSetting, 'cluster' | 'concurrency' | 'reconnectMs'> {
  readonly seats: readonly EngineSeat[]
}

/** How to make a launcher from what a user says. */
export interface LauncherEntry {
  /** The options that are for it, by name: in `Cluster.start` beside the cluster's own, and as `--launcher-option NAME=VALUE`. */
  readonly options: readonly string[]
  /**
   * Gets those that were given. From a command line a value is what it is as JSON, or else a text.
   * @throws ConfigurationError naming an option that is wrong or missing
   */
  create(options: Readonly<Record<string, unknown>>): Launcher | Promise<Launcher>
  /**
   * Ends what a session that could not close has left, as that noted it; answers what it was, for people.
   * @throws EngineStartError with the system's words
   */
  endRemains?(what: Readonly<Record<string, string>>): Promise<string>
}

/** The cluster that engines are started for. */
export interface LaunchSetting {
  /** The cluster's name. */
  readonly cluster: string
  /**
   * Where the controller listens, with the ports that were chosen, the first being for these engines. Only one that begins with
   * `memory:` where the launcher's `listen` is empty.
   */
  readonly addresses: readonly string[]
  /**
   * 32 bytes; who holds them can run code on the engines. It must never be on a command line, in the environment of a process or in a log:
   * hand it over through a pipe, or in a connection file that only its owner can read (`writeConnectionFile`).
   */
  readonly key: Uint8Array
  /** How many asynchronous tasks each engine may have in progress together. */
  readonly concurrency: number
  /** How long engines try to come back after their link is lost, in milliseconds. */
  readonly reconnectMs: number
  readonly log: Log
  /** Lets in an engine over a connection that is already open: for engines in this process. */
  adopt(connection: Connection): void
  readonly inspect?: EngineOptions['inspect']
  /** Whether engines make spans, and the URL of the module that sets that up: for those that have the files of this machine. */
  readonly tracing?: EngineOptions['tracing']
}

/** Starts engines, until it is closed. */
export interface LaunchSession {
  /**
   * Starts an engine for each seat, and answers at once, or as soon as the system has accepted them, with a handle for each, in the same order.
   * Several seats at a time may be one submission. Called again for further engines, and for one that takes the place of an engine that has ended.
   * Rejects with a coded error that has the system's own words, and then has started none of them.
   */
  launch(seats: readonly EngineSeat[]): Promise<readonly EngineHandle[]>
  /** Called once, when every handle has ended: lets go of all that is left, such as tunnels and files. Never rejects. */
  close(): Promise<void>
}

/** What an engine is told of itself, and says to its controller when it joins. */
export interface EngineSeat {
  /** Shown to users: `ssh-3`. An engine that takes another's place has its name. */
  readonly name: string
  /**
   * Never given before, in this cluster or another: letters, digits, "-" and ".". The engine says it as its info's `launch`, and by that the
   * cluster knows which engine is which handle.
   */
  readonly launch: string
}

/** Where an engine runs, as far as it is known. */
export interface EnginePlace {
  /** The machine. Absent while the engine waits for one. */
  readonly host?: string
  /** Of its process on that machine. */
  readonly pid?: number
  /** What the system calls it, where that is not its process: a job, a pod. */
  readonly job?: string
}

/** One engine that was started. */
export interface EngineHandle {
  /** That of its seat. */
  readonly launch: string
  /** What is known by now. */
  readonly place: EnginePlace
  /** Resolves when the system has begun to run it; never, if it ends before. Never rejects. */
  readonly began: Promise<EnginePlace>
  /**
   * Resolves when it has ended and nothing of it is left: with undefined where `stop` was called or its controller let it go (then a
   * process of ours ends with 0), otherwise with a coded error that tells how, and has the system's own words, such as what it wrote to stderr.
   * Never rejects.
   */
  readonly ended: Promise<Error | undefined>
  /**
   * `SIGKILL` ends it at once, as if it had crashed. `SIGTERM` has it leave. To the cluster both are ends that it did not ask for: another takes
   * its place. Others where the system has them. Resolves when the system has taken it; to one that has ended nothing happens.
   * @throws ConfigurationError for a signal that the system does not have
   */
  signal(signal: NodeJS.Signals): Promise<void>
  /** Has it leave its controller and end; by force if it takes long. Resolves when it has ended. Never rejects. */
  stop(): Promise<void>
}
