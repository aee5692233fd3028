import { ConfigurationError } from '../../../core/errors.ts'
import type { EngineHandle, EngineSeat, LaunchSession, LaunchSetting } from '../launcher.ts'
import { SshHostLink } from './host-link.ts'
import type { SshHost, SshSettings } from './options.ts'

/** A machine that could not be had is left alone for so long, if there are others. */
const avoidMs = 60_000

interface Machine {
  readonly host: Required<SshHost>
  /** The present login, once it was asked for. */
  link: Promise<SshHostLink> | undefined
  /** Engines that were started there and have not ended. */
  engines: number
  /** When it could not be had, on the monotonic clock. */
  failedAt: number
}

/** Engines on machines, as evenly as they have room; one login for all that are on a machine. */
export class SshSession implements LaunchSession {
  readonly #settings: SshSettings
  readonly #setting: LaunchSetting
  readonly #machines: readonly Machine[]

  constructor(settings: SshSettings, setting: LaunchSetting) {
    this.#settings = settings
    this.#setting = setting
    this.#machines = settings.hosts.map((host) => {
      return { host, link: undefined, engines: 0, failedAt: Number.NEGATIVE_INFINITY }
    })
  }

  async launch(seats: readonly EngineSeat[]): Promise<readonly EngineHandle[]> {
    const places = this.#placesFor(seats.length)
    const used = [...new Set(places)]
    try {
      const opened = await Promise.allSettled(used.map((machine) => this.#linkOf(machine)))
      const links = new Map<Machine, SshHostLink>()
      for (const [i, result] of opened.entries()) {
        if (result.status === 'rejected') throw result.reason
        links.set(used[i] as Machine, result.value)
      }
      return seats.map((seat, i) => {
        const machine = places[i] as Machine
        const handle = (links.get(machine) as SshHostLink).start(seat)
        void handle.ended.then(() => this.#ended(machine))
        return handle
      })
    } catch (error) {
      for (const machine of places) this.#ended(machine)
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => this.#drop(machine)))
  }

  /** The machine for each, on which it counts from here on. */
  #placesFor(count: number): Machine[] {
    const room = this.#machines.reduce((sum, { host, engines }) => sum + host.engines - engines, 0)
    if (room < count) {
      const most = this.#machines.reduce((sum, { host }) => sum + host.engines, 0)
      throw new ConfigurationError(`the hosts take ${most} engines at most, and more were asked for`)
    }
    return Array.from({ length: count }, () => {
      const open = this.#machines.filter(({ host, engines }) => engines < host.engines)
      const now = performance.now()
      const isAvoided = ({ failedAt }: Machine) => Number(now - failedAt < avoidMs)
      const [machine] = open.sort((a, b) => isAvoided(a) - isAvoided(b) || a.engines - b.engines)
      ;(machine as Machine).engines += 1
      return machine as Machine
    })
  }

  /** The present login; a new one, where there is none, or it has ended. */
  #linkOf(machine: Machine): Promise<SshHostLink> {
    machine.link = this.#openAfter(machine, machine.link)
    return machine.link
  }

  async #openAfter(machine: Machine, before: Promise<SshHostLink> | undefined): Promise<SshHostLink> {
    const present = await before?.catch(() => undefined)
    if (present?.isOpen) return present
    try {
      const link = await SshHostLink.open(machine.host, this.#settings, this.#setting)
      machine.failedAt = Number.NEGATIVE_INFINITY
      return link
    } catch (error) {
      machine.failedAt = performance.now()
      throw error
    }
  }

  #ended(machine: Machine): void {
    machine.engines -= 1
    if (machine.engines === 0) void this.#drop(machine)
  }

  /** Logs out. */
  async #drop(machine: Machine): Promise<void> {
    const { link } = machine
    machine.link = undefined
    await (await link?.catch(() => undefined))?.close()
  }
}
