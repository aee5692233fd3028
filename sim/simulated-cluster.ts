import { type Controller, type ControllerOptions, startController } from '../cluster/controller.ts'
import { startEngine } from '../cluster/engine.ts'
import type { ExecutorFactory } from '../cluster/executor.ts'
import { inlineExecutor } from '../cluster/executors/inline.ts'
import type { EngineId } from '../core/ids.ts'
import type { Random } from '../core/random.ts'
import { validate } from '../scheduler/invariants.ts'
import type { SchedulerState } from '../scheduler/state.ts'
import { registerTransport } from '../transports/connect.ts'
import { Client } from '../views/client.ts'
import { Repeats } from './repeats.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { Story } from './story.ts'
import type { Timeline } from './timeline.ts'

/** What a simulated cluster consists of. */
export interface SimulatedClusterOptions {
  /** How many engines there shall be; each is started anew when it ends. Default 3. */
  readonly engines?: number
  /** Tasks in progress together on one engine. Default 1. */
  readonly concurrency?: number
  /** Whether the controller has a store, which outlasts its process. Default true. */
  readonly store?: boolean
  /** Of one way through the network, in milliseconds. Default 0.1 to 2. */
  readonly latencyMs?: { readonly min: number; readonly max: number }
  /** How long clients and engines seek a lost link before they give up. Default: they do not give up. */
  readonly reconnectMs?: number
  /** How long it takes until somebody starts again what has ended, at most, in milliseconds. Default 3,000. */
  readonly restartMsMax?: number
  /** Whether each process has a monotonic clock of its own, begun anywhere and a little fast or slow. Default: where things go wrong by themselves. */
  readonly unevenClocks?: boolean
  /** Whether the story tells of every message, and what comes again is counted. It costs about half of the speed. Default false. */
  readonly messages?: boolean
  /** Of the controller. */
  readonly controller?: Omit<ControllerOptions, 'addresses' | 'key' | 'clock' | 'store' | 'inspect' | 'observe' | 'log'>
}

const address = 'sim:controller'
const key = new Uint8Array(32).fill(7)
/** They do not give up. */
const neverMs = 2 ** 31 - 1

/**
 * The real controller, engines and clients, each in a simulated process, over a simulated network. Whatever of the controller and
 * the engines ends is started again, as by a supervisor.
 */
export class SimulatedCluster {
  readonly timeline: Timeline
  readonly network: SimulatedNetwork
  readonly disk: SimulatedDisk
  readonly story: Story
  readonly repeats = new Repeats()
  readonly hasStore: boolean
  readonly clients = new Map<SimulatedProcess, Client>()
  /** Where clients run, or are about to. */
  readonly clientProcesses = new Set<SimulatedProcess>()
  /** By place, from 0 on, which stays when one is started anew; the controller gives other numbers: see `processOf`. */
  readonly engines = new Map<number, SimulatedProcess>()
  /** Where the program runs that uses all this. */
  readonly program: SimulatedProcess
  controllerProcess!: SimulatedProcess
  /** How often each has ended. */
  controllerLosses = 0
  /** How often the controller has seen the end of an engine's link, and with it lost what lay there. */
  engineLosses = 0
  /** How often an executor was ended, and with it what else it had begun. */
  executorLosses = 0
  readonly #random: Random
  readonly #options: SimulatedClusterOptions
  readonly #reconnectMs: number
  #processes = 0
  #controller: Controller | undefined
  #core: SchedulerState | undefined
  /** The scheduler has made a step that was not looked at. */
  #hasStepped = false
  #clientsStarted = 0
  #enginesStarted = 0
  #isOver = false

  constructor(timeline: Timeline, random: Random, story: Story, options: SimulatedClusterOptions) {
    this.timeline = timeline
    this.story = story
    this.#random = random.substream('cluster')
    this.#options = options
    this.#reconnectMs = options.reconnectMs ?? neverMs
    this.hasStore = options.store ?? true
    this.program = new SimulatedProcess('program', timeline)
    const latencyMs = options.latencyMs ?? { min: 0.1, max: 2 }
    this.network = new SimulatedNetwork(timeline, random.substream('network'), {
      latencyMs,
      onMessage: options.messages
        ? (what, end, message) => {
            story.note(what)
            this.repeats.arrived(end, message)
          }
        : undefined,
    })
    this.network.onEnd = ({ process, peer }, error) => {
      story.note(`${process.name} sees the end of its link with ${peer}${error ? `: ${error.message}` : ''}`)
      if (process === this.controllerProcess && peer.startsWith('engine')) this.engineLosses += 1
    }
    this.disk = new SimulatedDisk(timeline, random.substream('disk'))
    this.disk.crash = () => this.kill(this.controllerProcess, true)
    registerTransport(this.network)
  }

  /** How many engines there shall be. */
  get size(): number {
    return this.#options.engines ?? 3
  }

  /** Whether the controller drops results of what has ended before long. */
  get retainsFew(): boolean {
    return this.#options.controller?.retention !== undefined
  }

  get controller(): Controller | undefined {
    return this.#controller
  }

  /** Where the engine runs that has this number at the controller, as in the metadata of results; undefined where it is gone. */
  processOf(engine: EngineId): SimulatedProcess | undefined {
    const name = this.#controller?.engines.find(({ id }) => id === engine)?.name
    return [...this.engines.values()].find((process) => process.name === name)
  }

  /** Begins to start all; they come up as time passes. */
  start(): void {
    this.#startController()
    for (let place = 0; place < this.size; place += 1) this.#startEngine(place)
  }

  newProcess(name: string): SimulatedProcess {
    this.#processes += 1
    const ofClock = this.#options.unevenClocks ? this.#random.substream(`clock ${this.#processes}`) : undefined
    return new SimulatedProcess(name, this.timeline, ofClock)
  }

  /** A client in a process of its own. */
  async connect(process = this.newProcess(`client ${this.#clientsStarted}`)): Promise<Client> {
    this.#clientsStarted += 1
    this.clientProcesses.add(process)
    process.onDeath(() => {
      this.clientProcesses.delete(process)
      this.clients.delete(process)
    })
    const random = this.#random.substream(`client ${this.#clientsStarted}`)
    const client = await this.within(process, () =>
      Client.connect(address, { key, clock: process.clock, random, reconnectMs: this.#reconnectMs }),
    )
    this.clients.set(process, client)
    return client
  }

  /** What `action` answers, when it is done as part of what happens in that process; never, where that has died. */
  within<T>(process: SimulatedProcess, action: () => Promise<T> | T): Promise<T> {
    const { current: caller } = this.timeline
    return new Promise((resolve, reject) => {
      const backAt = (settle: () => void) => this.timeline.after(0, caller, settle)
      this.timeline.after(0, process, () => {
        // Its own rejection, where it throws.
        const done = (async () => action())()
        done.then(
          (value) => backAt(() => resolve(value)),
          (error: unknown) => backAt(() => reject(error)),
        )
      })
    })
  }

  /** As by `kill -9`; where it is not noticed, as if the machine had no power. */
  kill(process: SimulatedProcess, isNoticed: boolean): void {
    if (process.state === 'dead') return
    this.story.note(`${process.name} is killed${isNoticed ? '' : ', which nobody notices'}`)
    this.network.died(process, isNoticed)
    process.kill()
  }

  /**
   * Nothing else changes the scheduler's state than its steps.
   * @throws what the invariants say of the state that the last of them left
   */
  checkSteps(): void {
    if (this.#hasStepped) this.check()
  }

  /** @throws what the scheduler's invariants say of it */
  check(): void {
    this.#hasStepped = false
    const [violation] = this.#core === undefined ? [] : validate(this.#core)
    if (violation) throw new Error(`invariant ${violation.invariant}: ${violation.message}`)
  }

  /** Nothing is started any more. */
  end(): void {
    this.#isOver = true
    for (const process of [this.controllerProcess, ...this.engines.values(), ...this.clientProcesses]) process.kill()
  }

  #startController(): void {
    const process = this.newProcess('controller')
    this.controllerProcess = process
    this.story.note('the controller starts')
    process.onDeath(() => {
      this.#controller = undefined
      this.#core = undefined
      this.#hasStepped = false
      this.controllerLosses += 1
      this.#again(() => this.#startController())
    })
    const exit = (why: string) => {
      this.story.note(`the controller ends: ${why}`)
      this.kill(process, true)
    }
    this.timeline.after(0, process, () => {
      startController({
        ...this.#options.controller,
        addresses: [address],
        key,
        clock: process.clock,
        ...(this.hasStore ? { store: this.disk.openIn(process) } : {}),
        observe: (core) => {
          if (process.state === 'dead') return
          this.#core = core
          this.#hasStepped = true
        },
        log: (level, message) => this.story.note(`controller, ${level}: ${message}`),
      }).then(
        (controller) => {
          if (process.state !== 'dead') this.#controller = controller
          controller.stopped.then(
            () => exit('it was stopped'),
            (error: Error) => exit(error.message),
          )
        },
        (error: Error) => exit(error.message),
      )
    })
  }

  #startEngine(place: number): void {
    const process = this.newProcess(`engine ${place}`)
    this.engines.set(place, process)
    this.#enginesStarted += 1
    const random = this.#random.substream(`engine ${this.#enginesStarted}`)
    process.onDeath(() => {
      this.#again(() => this.#startEngine(place))
    })
    const exit = (why: string) => {
      this.story.note(`${process.name} ends: ${why}`)
      this.kill(process, true)
    }
    this.timeline.after(0, process, () => {
      startEngine({
        address,
        key,
        executors: this.#executorsOf(process),
        concurrency: this.#options.concurrency ?? 1,
        clock: process.clock,
        random,
        reconnectMs: this.#reconnectMs,
        info: { name: process.name },
      }).then(
        (engine) => {
          this.story.note(`${process.name} is ready, as engine ${engine.id}`)
          void engine.stopped.then((error) => exit(error?.message ?? 'it was stopped'))
        },
        (error: Error) => exit(error.message),
      )
    })
  }

  /** Executors that end with their process. */
  #executorsOf(process: SimulatedProcess): ExecutorFactory {
    return {
      kind: 'inline',
      start: (options, handlers) => {
        const executor = inlineExecutor.start(options, handlers)
        process.onDeath(() => void executor.end())
        return {
          ...executor,
          end: () => {
            this.executorLosses += 1
            return executor.end()
          },
        }
      },
    }
  }

  #again(start: () => void): void {
    const { restartMsMax = 3_000 } = this.#options
    this.timeline.after(this.#random.unit() * restartMsMax, undefined, () => this.#isOver || start())
  }
}
