import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Controller, startController } from '../cluster/controller.ts'
import type {
  EngineHandle,
  EnginePlace,
  Launcher,
  LaunchSession,
  LaunchSetting,
} from '../cluster/launchers/launcher.ts'
import { isAlive } from '../cluster/process-alive.ts'
import type { EngineInfo } from '../core/messages.ts'
import { Client } from '../views/client.ts'

/** A launcher, as the suite needs it. */
export interface LauncherUnderTest {
  readonly launcher: Launcher
  /** One that cannot start an engine, such as with a command that is not there, and what its error must say in the system's words. */
  readonly broken?: { readonly launcher: Launcher; readonly words: RegExp }
  /** Whether something of an engine is still there after its end. Default: whether its process is alive, where it ran on this machine. */
  isThere?(place: EnginePlace): Promise<boolean>
  /** Called when the case is over. */
  end?(): Promise<void> | void
}

/** Bounds every wait; a system that takes longer to start an engine is broken. */
const patienceMs = 60_000

/** @throws where it does not come about */
export async function until(holds: () => Promise<boolean> | boolean, why: string): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  while (!(await holds())) {
    assert.ok(performance.now() < giveUpAt, why)
    await sleep(20)
  }
}

/** A controller, and the launcher's engines. */
export class LaunchedWorld {
  readonly launcher: Launcher
  readonly broken: LauncherUnderTest['broken']
  readonly controller: Controller
  readonly logged: string[]
  /** An address of this machine where nobody listens. */
  readonly nobodyThere: string
  readonly #subject: LauncherUnderTest
  readonly #setting: LaunchSetting
  readonly #sessions: LaunchSession[] = []
  readonly #handles: EngineHandle[] = []
  readonly #names = new Map<string, string>()
  /** Of this world, so that launches are told apart from those of others. */
  readonly #run = randomUUID().slice(0, 8)
  #session: LaunchSession | undefined

  constructor(
    subject: LauncherUnderTest,
    controller: Controller,
    setting: LaunchSetting,
    { logged, nobodyThere }: Pick<LaunchedWorld, 'logged' | 'nobodyThere'>,
  ) {
    this.launcher = subject.launcher
    this.broken = subject.broken
    this.controller = controller
    this.logged = logged
    this.nobodyThere = nobodyThere
    this.#subject = subject
    this.#setting = setting
  }

  /** Finds the key, as it would be written. */
  get keyText(): RegExp {
    const { key } = this.#setting
    return new RegExp([Buffer.from(key).toString('base64url'), Buffer.from(key).toString('hex')].join('|'))
  }

  async launch(count: number): Promise<readonly EngineHandle[]> {
    this.#session ??= await this.#open(this.launcher, this.#setting)
    return this.#start(this.#session, count)
  }

  /** The same for engines that are to reach their controller there. */
  async launchAt(count: number, address: string): Promise<readonly EngineHandle[]> {
    const session = await this.#open(this.launcher, { ...this.#setting, addresses: [address] })
    return this.#start(session, count)
  }

  /** Why an engine of this launcher does not start. Where the launcher says it only by the handle, nothing else may be left. */
  async failure(launcher: Launcher): Promise<Error> {
    try {
      const session = await this.#open(launcher, this.#setting)
      const [handle] = await this.#start(session, 1)
      const reason = await handle?.ended
      assert.ok(reason, 'an engine that cannot start has ended in order, by its handle')
      return reason
    } catch (error) {
      assert.ok(error instanceof Error)
      return error
    }
  }

  nameOf(launch: string): string | undefined {
    return this.#names.get(launch)
  }

  /** Resolves when their engines have joined, with these in the same order. */
  async joined(handles: readonly EngineHandle[]): Promise<readonly EngineInfo[]> {
    const find = ({ launch }: EngineHandle) => this.controller.engines.find((engine) => engine.launch === launch)
    let early: Error | undefined
    for (const { ended } of handles) void ended.then((reason) => (early ??= reason ?? new Error('it was stopped')))
    await until(() => early !== undefined || handles.every(find), 'an engine has not joined')
    if (early) throw early
    return handles.map((handle) => find(handle) as EngineInfo)
  }

  /** Resolves when their engines are not there. */
  async left(handles: readonly EngineHandle[]): Promise<void> {
    const launches = new Set(handles.map(({ launch }) => launch))
    await until(
      () => !this.controller.engines.some(({ launch }) => launch !== undefined && launches.has(launch)),
      'the controller still has an engine that has ended',
    )
  }

  /** How many of so many tasks have succeeded. */
  async compute(count: number): Promise<number> {
    const client = await Client.connect(this.controller.addresses[0] as string, { key: this.#setting.key })
    try {
      const results = await client.loadBalancedView().map((x: number) => x + 1, Array(count).keys())
      return results.filter((x, i) => x === i + 1).length
    } finally {
      await client.close()
    }
  }

  /** Of all processes of this machine. */
  async commandLines(): Promise<string> {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'args='], { maxBuffer: 2 ** 25 })
    return stdout
  }

  async isThere(place: EnginePlace): Promise<boolean> {
    if (this.#subject.isThere) return this.#subject.isThere(place)
    const { host, pid } = place
    return host === hostname() && pid !== undefined && pid !== process.pid && isAlive(pid)
  }

  /** After a moment. */
  async soon<T>(value: T): Promise<T> {
    await sleep(300)
    return value
  }

  async end(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.stop()))
    for (const { ended } of this.#handles) await ended
    await Promise.all(this.#sessions.map((session) => session.close()))
    await this.controller.stop()
    await this.#subject.end?.()
    for (const { place } of this.#handles)
      await until(async () => !(await this.isThere(place)), 'something is left behind')
  }

  async #open(launcher: Launcher, setting: LaunchSetting): Promise<LaunchSession> {
    const session = await launcher.open(setting)
    this.#sessions.push(session)
    return session
  }

  async #start(session: LaunchSession, count: number): Promise<readonly EngineHandle[]> {
    const seats = Array.from({ length: count }, () => {
      const number = this.#names.size
      const seat = { name: `${this.launcher.name}-${number}`, launch: `${this.#run}.${number + 1}` }
      this.#names.set(seat.launch, seat.name)
      return seat
    })
    const handles = await session.launch(seats)
    this.#handles.push(...handles)
    assert.deepEqual(
      handles.map(({ launch }) => launch),
      seats.map(({ launch }) => launch),
    )
    return handles
  }
}

export async function bringUp(subject: LauncherUnderTest): Promise<LaunchedWorld> {
  const nobodyThere = `ws://127.0.0.1:${await freePort()}`
  const key = new Uint8Array(randomBytes(32))
  const logged: string[] = []
  const log = (_level: string, message: string) => void logged.push(message)
  const { listen = ['ws://127.0.0.1:0'] } = subject.launcher
  const controller = await startController({
    key,
    addresses: [`memory:${randomUUID()}`, ...listen],
    heartbeatMs: 1_000,
    log,
  })
  const setting: LaunchSetting = {
    cluster: 'suite',
    addresses: listen.length === 0 ? controller.addresses : controller.addresses.slice(1),
    key,
    concurrency: 1,
    reconnectMs: 5_000,
    log,
    adopt: (connection) => controller.adopt(connection),
  }
  return new LaunchedWorld(subject, controller, setting, { logged, nobodyThere })
}

/** Of which nobody has made anything. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
