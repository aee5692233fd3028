import type { Clock } from '../core/clock.ts'
import { wallTimeOffset } from '../core/clock.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { AttemptRef, EngineInfo } from '../core/messages.ts'
import type { TaskNews } from '../core/task-news.ts'
import type { RestoredEnd, RestoredTask } from '../scheduler/restore.ts'
import type { EnginePeer } from './engine-peer.ts'
import type { Router } from './router.ts'
import type { Saved } from './stored-tasks.ts'

/**
 * A controller that takes over from an earlier one. The engines that were there come back by themselves and say which attempts they
 * hold; until all have, or time is up, nothing else that happens is looked at, so that no task runs again which runs still.
 */
export class Recovery<Event> {
  readonly #saved: Saved
  readonly #clock: Clock
  /** Engines that have not come back, by the name of their instance. */
  readonly #expected: Map<string, EngineId>
  /** Those that have, once they have said what they hold. */
  readonly #held = new Map<EngineId, readonly AttemptRef[]>()
  /** Those that have come back and have not said it yet, by their number the name of their instance. */
  readonly #silent = new Map<EngineId, string>()
  /** Those that have left again without having said it. */
  readonly #mute = new Map<EngineId, string>()
  readonly #joined: EnginePeer[] = []
  /** Those of them that are still there. */
  readonly #present = new Map<EngineId, EngineInfo>()
  /** What else has happened, and what that takes. */
  readonly #events: Event[] = []
  #eventBytes = 0
  /** By task, how many of the values that it emitted were left out. */
  readonly #leftOut = new Map<TaskId, number>()
  readonly #bytesMax: number
  #isOver = false

  /** `bytesMax`: what may wait for its end. */
  constructor(saved: Saved, clock: Clock, bytesMax: number) {
    this.#saved = saved
    this.#clock = clock
    this.#bytesMax = bytesMax
    this.#expected = new Map(saved.engines)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether there is nobody left to wait for. */
  get isComplete(): boolean {
    return this.#expected.size === 0 && this.#silent.size === 0
  }

  /** Those that are here already, and wait with everything else. */
  get engines(): EngineInfo[] {
    return [...this.#present.values()]
  }

  /** The number that an engine had, when it comes back in time; it is then asked what it holds. */
  returns(instance: string | undefined): EngineId | undefined {
    if (this.#isOver || instance === undefined) return undefined
    const engine = this.#expected.get(instance)
    if (engine === undefined) return undefined
    this.#expected.delete(instance)
    this.#silent.set(engine, instance)
    return engine
  }

  engineJoined(peer: EnginePeer): void {
    this.#joined.push(peer)
    this.#present.set(peer.id, peer.info)
  }

  holds(engine: EngineId, attempts: readonly AttemptRef[]): void {
    if (this.#silent.delete(engine)) this.#held.set(engine, attempts)
  }

  /** It will not say any more what it holds. */
  engineLeft(engine: EngineId): void {
    this.#present.delete(engine)
    const instance = this.#silent.get(engine)
    if (instance === undefined) return
    this.#silent.delete(engine)
    this.#mute.set(engine, instance)
  }

  /** Engines that have come back hear that this side is there, however long it waits for the others. */
  beat(): void {
    const now = this.#clock.now()
    for (const peer of this.#joined) if (!peer.link.connection.supports.objects) peer.ping(now)
  }

  /** What has happened waits; false: it would be too much. */
  defer(event: Event, bytes = 0): boolean {
    if (this.#eventBytes + bytes > this.#bytesMax) return false
    this.#eventBytes += bytes
    this.#events.push(event)
    return true
  }

  /** Whether this need not wait, where there is no room: nothing else bounds how much of it there is. */
  leavesOut({ kind, id }: TaskNews): boolean {
    if (kind === 'emit') this.#leftOut.set(id, (this.#leftOut.get(id) ?? 0) + 1)
    return kind === 'emit' || kind === 'progress'
  }

  get leftOut(): ReadonlyMap<TaskId, number> {
    return this.#leftOut
  }

  /** Hands over to the router; answers what has happened meanwhile, in order. */
  finish(router: Pick<Router, 'engineJoined' | 'engineGone' | 'restore'>): readonly Event[] {
    this.#isOver = true
    for (const peer of this.#joined.sort((a, b) => a.id - b.id)) {
      // Nobody knows what it holds, and its tasks go to others: it is to drop that, and come back as a new engine.
      if (this.#silent.has(peer.id) || this.#mute.has(peer.id)) peer.link.abort()
      else router.engineJoined(peer)
    }
    router.restore(this.#tasks(), this.#saved.nextEngine, this.#held)
    for (const instance of [...this.#expected.keys(), ...this.#silent.values(), ...this.#mute.values()]) {
      router.engineGone(instance)
    }
    return this.#events
  }

  #tasks(): RestoredTask[] {
    const held = new Map<TaskId, { engine: EngineId; attempt: number }>()
    for (const [engine, attempts] of this.#held) {
      // Of one that was tried at several, the last attempt counts.
      for (const { id, attempt } of attempts) {
        if (attempt > (held.get(id)?.attempt ?? 0)) held.set(id, { engine, attempt })
      }
    }
    const toWallTime = wallTimeOffset(this.#clock)
    return this.#saved.tasks.map(({ spec, submittedAt, end, sentTo }) => ({
      spec,
      submittedAt: submittedAt - toWallTime,
      end: end && sinceStart(end, toWallTime),
      held: held.get(spec.id),
      sentTo,
    }))
  }
}

function sinceStart(end: RestoredEnd, toWallTime: number): RestoredEnd {
  return { ...end, startedAt: end.startedAt - toWallTime, endedAt: end.endedAt - toWallTime }
}
