import { hostname } from 'node:os'
import { ConfigurationError, YardmasterError } from '../../core/errors.ts'
import { type EngineOptions, startEngine } from '../engine.ts'
import type { EngineHandle, EnginePlace, EngineSeat } from './launcher.ts'

/** Starts an engine whose link is in this thread; its tasks run where its executors are. */
export function launchEngineHere(options: EngineOptions, { name, launch }: EngineSeat, kind: string): EngineHandle {
  const place: EnginePlace = { host: hostname(), pid: process.pid }
  const starting = startEngine({ ...options, info: { name, kind, launch } })
  let death: Error | undefined
  const ended = starting.then(
    async (engine) => (await engine.stopped) ?? death,
    (error: Error) => error,
  )
  const stop = async () => {
    await starting.then(
      (engine) => engine.stop(),
      () => {},
    )
  }
  return {
    launch,
    place,
    began: Promise.resolve(place),
    ended,
    async signal(signal) {
      if (signal !== 'SIGKILL' && signal !== 'SIGTERM') throw noSuchSignal('an engine in this thread', signal)
      death = new YardmasterError('YM_ENGINE_LOST', `the engine was ended by ${signal}`)
      await stop()
    },
    stop,
  }
}

export function noSuchSignal(what: string, signal: string): ConfigurationError {
  return new ConfigurationError(`${what} takes SIGTERM and SIGKILL, and no ${signal}`)
}
