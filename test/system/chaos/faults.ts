import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../core/random.ts'
import type { ClientProcess } from './client-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import type { EngineSlot } from './engine-slot.ts'
import type { Story } from './story.ts'

const engineKillEveryMs = 500
/** So much of the work is done at least from one to the next. */
const shareBetweenKills = 1 / 200
const pauseEveryMs = { from: 500, to: 2_500 }
/** For less and for more than the heartbeat, by which an engine counts as lost. */
const pauseMs = { from: 50, to: 3_500 }

export interface FaultCounts {
  engineKills: number
  enginePauses: number
  controllerKills: number
  controllerPauses: number
  clientKills: number
}

export interface Victims {
  readonly engines: readonly EngineSlot[]
  readonly controller: ControllerProcess
  /** The one that will be killed is replaced in this list. */
  readonly clients: ClientProcess[]
  /** Starts a client that goes on with the work of one that was killed. */
  succeed(client: ClientProcess): ClientProcess
  /** The share of the tasks that have ended, from 0 to 1. */
  share(): number
}

/** Does harm to a cluster, as a seed says, until it is told to end. */
export class Faults {
  readonly counts: FaultCounts = {
    engineKills: 0,
    enginePauses: 0,
    controllerKills: 0,
    controllerPauses: 0,
    clientKills: 0,
  }
  readonly #random: Random
  readonly #victims: Victims
  readonly #story: Story
  readonly #over: Promise<unknown>
  #isEnding = false

  constructor(random: Random, victims: Victims, story: Story) {
    this.#random = random
    this.#victims = victims
    this.#story = story
    this.#over = Promise.all([this.#killEngines(), this.#pauseEngines(), this.#harmOthers()])
    this.#over.catch(() => {})
  }

  /** Rejects where the controller did not come up again. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#over
  }

  async #killEngines(): Promise<void> {
    const random = this.#random.substream('kills')
    let next = 0
    for (;;) {
      await sleep(engineKillEveryMs)
      // On a machine that is too busy to start engines so often, none would live long enough to end a task.
      while ((this.#joined().length === 0 || this.#victims.share() < next) && !this.#isEnding) await sleep(20)
      if (this.#isEnding) return
      next = this.#victims.share() + shareBetweenKills
      const engine = this.#pick(random)
      this.#story.tell(`kill -9 ${engine.name}`)
      engine.kill()
      this.counts.engineKills += 1
    }
  }

  async #pauseEngines(): Promise<void> {
    const random = this.#random.substream('pauses')
    const pauses: Promise<void>[] = []
    for (;;) {
      await sleep(pauseEveryMs.from + random.below(pauseEveryMs.to - pauseEveryMs.from))
      while (this.#joined().length === 0 && !this.#isEnding) await sleep(20)
      if (this.#isEnding) break
      const engine = this.#pick(random)
      const ms = pauseMs.from + random.below(pauseMs.to - pauseMs.from)
      this.#story.tell(`stop ${engine.name} for ${ms} ms`)
      pauses.push(engine.pause(ms))
      this.counts.enginePauses += 1
    }
    await Promise.all(pauses)
  }

  #joined(): EngineSlot[] {
    return this.#victims.engines.filter(({ isJoined }) => isJoined)
  }

  #pick(random: Random): EngineSlot {
    const joined = this.#joined()
    return joined[random.below(joined.length)] as EngineSlot
  }

  /** Each as a share of the tasks has ended, so that all of them fall within the run. */
  async #harmOthers(): Promise<void> {
    const random = this.#random.substream('others')
    const within = (from: number, to: number) => from + random.unit() * (to - from)
    const killController = () => this.#killController(random.below(1_000))
    const pauseController = () => this.#pauseController(200 + random.below(2_000))
    const harms = [
      { at: within(0.05, 0.15), harm: pauseController },
      { at: within(0.15, 0.3), harm: killController },
      { at: within(0.35, 0.6), harm: () => this.#killClient(random.below(this.#victims.clients.length)) },
      { at: within(0.35, 0.6), harm: killController },
      { at: within(0.65, 0.75), harm: pauseController },
      { at: within(0.75, 0.9), harm: killController },
    ].sort((a, b) => a.at - b.at)
    for (const { at, harm } of harms) {
      while (this.#victims.share() < at) {
        if (this.#isEnding) return
        await sleep(20)
      }
      await harm()
    }
  }

  async #killController(downMs: number): Promise<void> {
    this.#story.tell(`kill -9 the controller, for ${downMs} ms and its start`)
    await this.#victims.controller.kill()
    this.counts.controllerKills += 1
    await sleep(downMs)
    await this.#victims.controller.start()
    this.#story.tell('the controller is back')
  }

  async #pauseController(ms: number): Promise<void> {
    this.#story.tell(`stop the controller for ${ms} ms`)
    await this.#victims.controller.pause(ms)
    this.counts.controllerPauses += 1
  }

  async #killClient(index: number): Promise<void> {
    const { clients, succeed } = this.#victims
    const client = clients[index] as ClientProcess
    this.#story.tell(`kill -9 client ${client.session}, of which the tasks below ${client.acceptedBelow} are accepted`)
    await client.kill()
    this.counts.clientKills += 1
    clients[index] = succeed(client)
  }
}
