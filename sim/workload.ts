import { taskNow } from '../cluster/task-context.ts'
import type { Random } from '../core/random.ts'
import type { Client } from '../views/client.ts'
import type { SimulatedWorld } from './simulate.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { kinds, type Shared, sharedName, WorkloadTask } from './workload-task.ts'

/** What the clients of a simulation submit. */
export interface WorkloadOptions {
  /** How many tasks are submitted. Default 60. */
  readonly tasks?: number
  /** How many clients there are; one that dies is replaced, and the new one asks for what the old one awaited. Default 2. */
  readonly clients?: number
  /** In which time they are submitted, in milliseconds. Default 40,000. */
  readonly spanMs?: number
  /** The longest time that a task takes, in milliseconds. Default 3,000. */
  readonly taskMsMax?: number
  /** How long it takes until a user comes back, at most, in milliseconds. Default 3,000. */
  readonly backMsMax?: number
  /** How long after everything was healed something may be awaited. Default 600,000. */
  readonly patienceMs?: number
}

/** One of the users: a client's process after the other, with what was submitted from there. */
interface Seat {
  readonly name: string
  process: SimulatedProcess
  client: Client | undefined
  readonly tasks: WorkloadTask[]
}

const pollMs = 500
/** How often something is looked for that is awaited, at most. */
const pollsMax = 1_200

/**
 * Users that submit tasks of every kind, abort some, and come back when their clients die; then checks what they were told: every
 * task ends once, as it may, and nothing stays behind.
 */
export async function workload(world: SimulatedWorld, options: WorkloadOptions = {}): Promise<void> {
  await new Workload(world, options).run()
}

class Workload {
  readonly #world: SimulatedWorld
  readonly #cluster: SimulatedCluster
  readonly #random: Random
  readonly #options: Required<WorkloadOptions>
  readonly #seats: Seat[]
  readonly #tasks: WorkloadTask[] = []
  readonly #begun = new Map<number, number>()

  constructor(world: SimulatedWorld, options: WorkloadOptions) {
    const { tasks = 60, clients = 2, spanMs = 40_000, taskMsMax = 3_000 } = options
    const { backMsMax = 3_000, patienceMs = 600_000 } = options
    this.#world = world
    this.#cluster = world.cluster
    this.#random = world.random
    this.#options = { tasks, clients, spanMs, taskMsMax, backMsMax, patienceMs }
    this.#seats = Array.from({ length: clients }, (_, i) => this.#newSeat(`client ${i}`))
    const shared: Shared = {
      begin: (value) => {
        // The process has ended in the course of what happens now.
        if (this.#cluster.timeline.current?.state === 'dead') return 0
        const times = (this.#begun.get(value) ?? 0) + 1
        this.#begun.set(value, times)
        return times
      },
      isGone: () => Reflect.get(taskNow() ?? {}, 'ended') === true,
      die: () => {
        const { current } = this.#cluster.timeline
        if (current) this.#cluster.timeline.after(0, undefined, () => this.#cluster.kill(current, true))
        return new Promise(() => {})
      },
    }
    Reflect.set(globalThis, sharedName, shared)
  }

  async run(): Promise<void> {
    for (const seat of this.#seats) this.#sitDown(seat)
    const pauseMs = this.#options.spanMs / this.#options.tasks
    while (this.#tasks.length < this.#options.tasks) {
      await pause(-Math.log(1 - this.#random.unit()) * pauseMs)
      await this.#act()
    }
    await this.#world.healed
    await this.#until(() => this.#tasks.every((task) => task.told.length > 0))
    await this.#audit()
    const faults = this.#tasks.flatMap((task) => [...task.faults(this.#begun.get(task.value) ?? 0)])
    if (faults.length > 0) throw new Error(faults.join('\n'))
  }

  /** A user does something, if one is there. */
  async #act(): Promise<void> {
    const seat = this.#pick(this.#seats)
    const { client, process } = seat
    if (client === undefined || process.state !== 'running') return
    const chance = this.#random.unit()
    if (chance < 0.12) this.#abort(seat)
    else if (chance < 0.3) this.#flush(seat)
    else {
      const kind = this.#pick(kinds)
      const ms = this.#random.unit() ** 3 * this.#options.taskMsMax
      // The values of a map's items and a stream's parts are nobody else's.
      const value = this.#tasks.length * 100
      this.#cluster.timeline.after(0, process, () => {
        const task = new WorkloadTask(this.#cluster, client, kind, value, ms, this.#tasks)
        this.#world.note(`${seat.name} submits ${task.kind} task ${value} (${task.ids[0]}), of ${ms.toFixed(0)} ms`)
        this.#tasks.push(task)
        seat.tasks.push(task)
      })
      await pause(1)
    }
  }

  #abort(seat: Seat): void {
    const task = this.#pick(seat.tasks)
    if (task === undefined || task.told.length > 0) return
    this.#world.note(`${seat.name} aborts ${task.kind} task ${task.value}`)
    task.isAborted = true
    this.#cluster.timeline.after(0, seat.process, () => task.result.abort())
  }

  /** From here on the controller has promised to keep what was submitted. */
  #flush(seat: Seat): void {
    const tasks = seat.tasks.filter((task) => task.client === seat.client)
    this.#cluster.timeline.after(0, seat.process, () => {
      seat.client?.flush().then(
        () => {
          this.#world.note(`${seat.name} knows that ${tasks.length} tasks are accepted`)
          for (const task of tasks) task.isAccepted ||= task.told.length === 0
        },
        () => {},
      )
    })
  }

  #newSeat(name: string): Seat {
    return { name, process: this.#cluster.newProcess(name), client: undefined, tasks: [] }
  }

  /** Connects, asks for what was awaited before, and does so again when the process has died. */
  #sitDown(seat: Seat): void {
    const { process } = seat
    process.onDeath(() => {
      seat.client = undefined
      this.#cluster.timeline.after(this.#random.unit() * this.#options.backMsMax, undefined, () => {
        seat.process = this.#cluster.newProcess(seat.name)
        this.#sitDown(seat)
      })
    })
    this.#cluster.connect(process).then(
      (client) => {
        seat.client = client
        client.engines$.subscribe({ complete: () => this.#leave(seat, process) })
        const awaited = seat.tasks.filter((task) => task.told.length === 0)
        for (const task of awaited) this.#ask(client, task)
        this.#world.note(`${seat.name} is connected, and awaits ${awaited.length} tasks`)
      },
      (error: Error) => {
        this.#world.note(`${seat.name} did not get in: ${error.message}`)
        process.kill()
      },
    )
  }

  /** Its client has given up: the link was lost for too long. */
  #leave(seat: Seat, process: SimulatedProcess): void {
    this.#world.note(`${seat.name} has given up`)
    this.#cluster.timeline.after(0, undefined, () => this.#cluster.kill(process, true))
  }

  /** Nothing runs or waits any more, all engines are there, and a new client is told of each task what others were told. */
  async #audit(): Promise<void> {
    const seat = this.#newSeat('auditor')
    this.#sitDown(seat)
    await this.#until(() => seat.client !== undefined)
    const told = this.#tasks.map((task) => task.told.length)
    for (const task of this.#tasks)
      this.#cluster.timeline.after(0, seat.process, () => seat.client && this.#ask(seat.client, task))
    await this.#until(() => this.#tasks.every((task, i) => task.told.length > (told[i] ?? 0)))
    let last = ''
    await this.#until(
      () => {
        this.#cluster.timeline.after(0, seat.process, () => {
          void seat.client?.queueStatus().then((status) => {
            last = JSON.stringify(status)
          })
        })
        return isIdle(last, this.#cluster.size)
      },
      () => last,
    )
  }

  #ask(client: Client, task: WorkloadTask): void {
    task.wasAskedFor = true
    const [id] = task.ids
    if (task.kind !== 'map' && id !== undefined) task.hear(client.getResult(id))
    else task.hear(client.getResult(task.ids))
  }

  async #until(holds: () => boolean, why = () => ''): Promise<void> {
    const { patienceMs } = this.#options
    const pauseMs = Math.max(pollMs, patienceMs / pollsMax)
    for (let waitedMs = 0; !holds(); waitedMs += pauseMs) {
      if (waitedMs > patienceMs) throw new Error(`this goes on for ever: ${this.#unfinished()} ${why()}`)
      await pause(pauseMs)
    }
  }

  #unfinished(): string {
    return this.#tasks
      .filter((task) => task.told.length === 0)
      .map(({ kind, value, ids }) => `${kind} task ${value} (${ids[0]})`)
      .join(', ')
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.below(Math.max(1, list.length))] as T
  }
}

function isIdle(status: string, engines: number): boolean {
  if (status === '') return false
  const { waiting, ready, assigned, running, engines: present } = JSON.parse(status)
  const isBusy = present.some(({ load, direct }: { load: number; direct: number }) => load + direct > 0)
  return waiting + ready + assigned + running === 0 && !isBusy && present.length === engines
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
