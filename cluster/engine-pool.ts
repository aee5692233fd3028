import { backOffMs } from '../core/back-off.ts'
import type { Clock } from '../core/clock.ts'
import { ConfigurationError, YardmasterError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { EngineInfo } from '../core/messages.ts'
import type { Random } from '../core/random.ts'
import type { EngineHandle, LaunchSession } from './launchers/launcher.ts'
import { PoolSeat } from './pool-seat.ts'

/** One that served so long has shown that it can: what ended it counts as a first failure again. */
const steadyMs = 60_000
/** Engines that are to be started anew within this time of each other are one submission. */
const gatherMs = 100
/** Whoever waits for engines that do not join is told so after this long, then after twice as long, and so on up to the longest. */
const firstReminderMs = 30_000
const longestReminderMs = 3_600_000

export interface EnginePoolOptions {
  readonly session: LaunchSession
  /** Of the launcher: engines are called after it. */
  readonly kind: string
  /** Begins every launch: no other pool has it. */
  readonly run: string
  /** The system lets engines wait: those of which nobody waits to be ready are started anew also where they have never been so. */
  readonly queues: boolean
  /** How often in a row an engine is started anew, on each seat; 0: never. */
  readonly restartsMax: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Has the engine leave as soon as nothing needs it. */
  drain(engine: EngineId): void
  /** How much lies at each engine. */
  loads(): ReadonlyMap<EngineId, number>
}

/**
 * Keeps a number of engines running: one that ends without having been asked to is replaced, after a pause that grows with each
 * failure in a row. A seat whose engine keeps ending is given up after `restartsMax` tries.
 *
 * Invariant: `#seats` holds those whose engine runs, is started, or is to be started anew; `#byLaunch` those of them that have a handle.
 */
export class EnginePool {
  readonly #options: EnginePoolOptions
  readonly #seats = new Set<PoolSeat>()
  readonly #byLaunch = new Map<string, PoolSeat>()
  /** Ends the pauses before restarts. */
  readonly #wake = new Set<() => void>()
  /** What has to be over before the launcher may be closed. */
  readonly #pending = new Set<Promise<unknown>>()
  #gathering: { readonly seats: PoolSeat[]; readonly launched: Promise<void> } | undefined
  #launches = 0
  #hasWarnedOfStranger = false
  #isStopping = false
  #stopped: Promise<void> | undefined

  constructor(options: EnginePoolOptions) {
    this.#options = options
  }

  /** How many engines there are, or are to be. */
  get size(): number {
    return this.#staying.length
  }

  /** How many of them are ready. */
  get ready(): number {
    return this.#staying.filter(({ engine }) => engine !== undefined).length
  }

  /** Told of every engine that comes and leaves. */
  changed(change: 'joined' | 'left', info: EngineInfo): void {
    const { id, launch = '' } = info
    const seat = this.#byLaunch.get(launch)
    if (seat === undefined) {
      if (change === 'joined') this.#warnOfStranger(info)
      return
    }
    if (change === 'joined') {
      seat.joined(id, this.#options.clock.now())
      // It has lost its link, and has come back as another engine.
      if (seat.isLeaving) this.#options.drain(id)
    } else if (seat.engine === id) {
      seat.engine = undefined
      // It was let go: now it ends, or is ended.
      if (seat.isLeaving) void seat.handle?.stop()
    }
  }

  /**
   * Brings the number of engines to `count`. Resolves when `awaited` of the new ones are ready (default: all, or none where engines queue), and
   * those that were too many have left. Rejects with the first reason that one of the awaited is not, when each has settled; those that came up stay.
   * Whoever asks for the number that it is brought to already waits with those who have asked before.
   */
  async scale(count: number, awaited?: number): Promise<void> {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new ConfigurationError(`engines must be a whole number from 0 on, not ${count}`)
    }
    if (this.#isStopping) return
    const more = count - this.size
    if (more > 0) await this.#grow(more, awaited ?? (this.#options.queues ? 0 : more))
    else if (more < 0) await this.#shrink(-more)
    else await this.#settled()
  }

  /** Stops all, and closes the launcher. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#isStopping = true
    for (const wake of this.#wake) wake()
    for (const seat of this.#seats) void seat.handle?.stop()
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    await this.#options.session.close()
  }

  get #staying(): PoolSeat[] {
    return [...this.#seats].filter(({ isLeaving }) => !isLeaving)
  }

  async #grow(more: number, awaited: number): Promise<void> {
    const seats = Array.from({ length: more }, () => this.#newSeat(awaited > 0))
    await this.#until(this.#launch(seats)).catch((error: unknown) => {
      for (const seat of seats) {
        seat.failed(error)
        this.#vacate(seat)
      }
      throw error
    })
    for (const seat of seats) void this.#until(this.#keep(seat))
    const endReminders = awaited > 0 ? this.#remind(seats) : () => {}
    await this.#enough(seats, awaited).finally(endReminders)
    for (const seat of seats) seat.isAwaited = false
  }

  /** Until so many are ready. Those that are not wanted any more count among them. */
  #enough(seats: readonly PoolSeat[], awaited: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let missing = awaited
      let refusals = seats.length - awaited
      let first: unknown
      const settled = () => {
        missing -= 1
        if (missing === 0) resolve()
      }
      const refused = (error: unknown) => {
        first ??= error
        refusals -= 1
        if (refusals >= 0) return
        // Others may wait for long.
        if (awaited < seats.length) reject(first)
        else void Promise.allSettled(seats.map(({ ready }) => ready)).then(() => reject(first))
      }
      if (missing === 0) resolve()
      for (const seat of seats) {
        seat.ready.then(settled, (error: unknown) => (seat.isLeaving ? settled() : refused(error)))
      }
    })
  }

  /** An engine may be one of the pool's that was not told who it is: then the pool would wait for it without end. */
  #warnOfStranger({ name, launch = '' }: EngineInfo): void {
    if (this.#hasWarnedOfStranger) return
    const awaited = [...this.#seats].filter(({ handle, wasReady }) => handle !== undefined && !wasReady).length
    if (awaited === 0) return
    this.#hasWarnedOfStranger = true
    const { kind, log } = this.#options
    const said = launch === '' ? 'said no launch' : `said a launch that is not known (${launch})`
    log(
      'warn',
      `engine ${name} has joined and ${said}, while ${awaited} that launcher ${kind} started have not joined. If it is one of those, the launcher has to give it the launch of its seat: yardmaster engine --launch LAUNCH`,
    )
  }

  /** Says every so often how many have not joined, until the answer is called or the pool is stopped. */
  #remind(seats: readonly PoolSeat[]): () => void {
    const { clock, kind, log } = this.#options
    let waitedMs = 0
    let cancel = () => {}
    const schedule = (delayMs: number): void => {
      cancel = clock.after(delayMs, () => {
        waitedMs += delayMs
        const missing = seats.filter(({ wasReady, isLeaving }) => !wasReady && !isLeaving).length
        const engines = `${missing} of ${seats.length} engines that launcher ${kind} started`
        if (missing > 0) log('warn', `${engines} have not joined yet, after ${waitedMs / 1_000} s`)
        schedule(Math.min(delayMs * 2, longestReminderMs))
      })
    }
    const end = (): void => {
      cancel()
      this.#wake.delete(end)
    }
    schedule(firstReminderMs)
    this.#wake.add(end)
    return end
  }

  async #shrink(fewer: number): Promise<void> {
    const loads = this.#options.loads()
    const burden = ({ engine }: PoolSeat) => (engine === undefined ? -1 : (loads.get(engine) ?? 0))
    // Those go first that do not serve yet, then those with the least to finish; of these the youngest.
    const leaving = this.#staying.sort((a, b) => burden(a) - burden(b) || b.number - a.number).slice(0, fewer)
    await Promise.all(leaving.map((seat) => this.#leave(seat)))
  }

  /** Until those for which somebody waits are ready, or have left. */
  async #settled(): Promise<void> {
    const isPending = ({ isAwaited, wasReady }: PoolSeat) => isAwaited && !wasReady && !this.#options.queues
    const present = (seat: PoolSeat) =>
      seat.ready.catch((error: unknown) => {
        if (!seat.isLeaving) throw error
      })
    await Promise.all([...this.#seats].map((seat) => (seat.isLeaving ? seat.over : isPending(seat) && present(seat))))
  }

  async #leave(seat: PoolSeat): Promise<void> {
    seat.isLeaving = true
    seat.wake?.()
    if (seat.engine !== undefined) this.#options.drain(seat.engine)
    else void seat.handle?.stop()
    await seat.over
  }

  #newSeat(isAwaited: boolean): PoolSeat {
    const taken = new Set([...this.#seats].map(({ number }) => number))
    let number = 0
    while (taken.has(number)) number += 1
    const seat = new PoolSeat(number, isAwaited)
    this.#seats.add(seat)
    return seat
  }

  /** Starts an engine for each. */
  async #launch(seats: readonly PoolSeat[]): Promise<void> {
    const { kind, run, session } = this.#options
    const launches = seats.map(({ number }) => {
      this.#launches += 1
      return { name: `${kind}-${number}`, launch: `${run}.${this.#launches}` }
    })
    // One may have joined before there is a handle.
    for (const [i, seat] of seats.entries()) this.#byLaunch.set((launches[i] as { launch: string }).launch, seat)
    try {
      const handles = await session.launch(launches)
      for (const [i, seat] of seats.entries()) {
        seat.handle = handles[i] as EngineHandle
        // It is not wanted any more.
        if (this.#isStopping || (seat.isLeaving && seat.engine === undefined)) void seat.handle.stop()
      }
    } catch (error) {
      for (const { launch } of launches) this.#byLaunch.delete(launch)
      throw error
    }
  }

  /** Where each start is a submission, together with others that are to be started about now. */
  #launchSoon(seat: PoolSeat): Promise<void> {
    if (!this.#options.queues) return this.#launch([seat])
    if (this.#gathering === undefined) {
      const seats: PoolSeat[] = []
      const launched = this.#pause(gatherMs, undefined).then(async () => {
        this.#gathering = undefined
        const wanted = seats.filter(({ isLeaving }) => !isLeaving)
        if (wanted.length > 0 && !this.#isStopping) await this.#launch(wanted)
      })
      this.#gathering = { seats, launched }
    }
    this.#gathering.seats.push(seat)
    return this.#gathering.launched
  }

  async #keep(seat: PoolSeat): Promise<void> {
    const { clock, log, restartsMax, random } = this.#options
    let failures = 0
    for (let why = ''; ; ) {
      const { handle } = seat
      if (handle !== undefined) {
        const reason = await handle.ended
        this.#byLaunch.delete(handle.launch)
        seat.handle = undefined
        seat.engine = undefined
        // Whoever asked an engine to stop wants it gone.
        if (reason === undefined) break
        why = reason.message
        if (clock.now() - (seat.servesSince ?? Number.POSITIVE_INFINITY) >= steadyMs) failures = 0
        seat.servesSince = undefined
        if (seat.isAwaited && !seat.wasReady) {
          seat.failed(reason)
          break
        }
      }
      if (this.#isStopping || seat.isLeaving) break
      if (failures >= restartsMax) {
        log('warn', `engine ${seat.number} of the pool ended: ${why}; it is not started again`)
        break
      }
      failures += 1
      log('warn', `engine ${seat.number} of the pool ended: ${why}; it is started anew (${failures} of ${restartsMax})`)
      await this.#pause(backOffMs(failures, random), seat)
      if (this.#isStopping || seat.isLeaving) break
      await this.#launchSoon(seat).catch((error: unknown) => {
        why = error instanceof Error ? error.message : String(error)
      })
    }
    this.#vacate(seat)
  }

  #vacate(seat: PoolSeat): void {
    this.#seats.delete(seat)
    seat.failed(new YardmasterError('YM_ENGINE_START', 'the engine was stopped before it was ready'))
    seat.end()
  }

  /** Until the time is over, or the seat is not wanted any more. */
  #pause(delayMs: number, seat: PoolSeat | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        this.#wake.delete(done)
        if (seat) seat.wake = undefined
        resolve()
      }
      const cancel = this.#options.clock.after(delayMs, done)
      this.#wake.add(done)
      if (seat) seat.wake = done
    })
  }

  /** The end of the pool waits for this. */
  #until<T>(promise: Promise<T>): Promise<T> {
    this.#pending.add(promise)
    const forget = () => this.#pending.delete(promise)
    promise.then(forget, forget)
    return promise
  }
}
