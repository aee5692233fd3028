import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import type { Random } from '../core/random.ts'
import { epochMs } from './simulated-clock.ts'
import type { Timeline } from './timeline.ts'

type Callback = (...args: unknown[]) => void

/** What a virtual timer is known by. Node's programs call these on theirs. */
class Timer {
  cancel: () => void = () => {}

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.cancel()
  }
}

/**
 * Until the answer is called, timers, time and `Math.random` of this thread are the simulation's: those of the process in which the
 * call happens. So tasks and programs need not know that they are simulated.
 */
export function virtualGlobals(timeline: Timeline, random: Random): () => void {
  const after = (delayMs: number, callback: () => void): (() => void) => {
    const { current } = timeline
    return current
      ? current.clock.after(delayMs * current.slowness, callback)
      : timeline.after(delayMs, current, callback)
  }
  /** It takes no time, not even what clocks are rounded by. */
  const soon = (callback: () => void) => timeline.after(0, timeline.current, callback)
  const wallTime = () => timeline.current?.clock.wallTime() ?? epochMs + timeline.now
  const setTimeout = (callback: Callback, delayMs = 0, ...args: unknown[]) => {
    const timer = new Timer()
    timer.cancel = after(Math.max(1, Number(delayMs) || 0), () => callback(...args))
    return timer
  }
  const setInterval = (callback: Callback, delayMs = 0, ...args: unknown[]) => {
    const timer = new Timer()
    const next = () => {
      timer.cancel = after(Math.max(1, Number(delayMs) || 0), () => {
        next()
        callback(...args)
      })
    }
    next()
    return timer
  }
  const setImmediate = (callback: Callback, ...args: unknown[]) => {
    const timer = new Timer()
    timer.cancel = soon(() => callback(...args))
    return timer
  }
  const clear = (timer: unknown) => {
    if (timer instanceof Timer) timer.cancel()
  }
  const RealDate = Date
  const VirtualDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [wallTime()] : args, newTarget) as object,
    apply: () => new RealDate(wallTime()).toString(),
    get: (target, key) => (key === 'now' ? wallTime : Reflect.get(target, key)),
  })
  const restore = [
    put(globalThis, { setTimeout, setInterval, setImmediate, Date: VirtualDate }),
    put(globalThis, { clearTimeout: clear, clearInterval: clear, clearImmediate: clear }),
    put(performance, { now: () => timeline.current?.clock.now() ?? timeline.now }),
    put(Math, { random: () => random.unit() }),
    put(timersPromises, {
      setTimeout: (delayMs = 1, value?: unknown) =>
        new Promise((resolve) => after(Math.max(1, delayMs), () => resolve(value))),
      setImmediate: (value?: unknown) => new Promise((resolve) => soon(() => resolve(value))),
    }),
  ]
  syncBuiltinESMExports()
  return () => {
    for (const undo of restore) undo()
    syncBuiltinESMExports()
  }
}

/** The answer puts back what was there. */
function put(target: object, replacements: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(replacements).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const)
  for (const [key, value] of Object.entries(replacements)) {
    Object.defineProperty(target, key, { value, configurable: true, writable: true })
  }
  return () => {
    for (const [key, descriptor] of before) {
      if (descriptor) Object.defineProperty(target, key, descriptor)
      else Reflect.deleteProperty(target, key)
    }
  }
}
