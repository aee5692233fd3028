/** The main module of an engine's process. Its launcher tells it the rest, and it ends when the launcher does. */
import { threadExecutor } from '../executors/thread.ts'
import { type FromHost, hostEngine, infoOf, type ToHost } from './hosted-engine.ts'
import { terminatedCode } from './terminated-code.ts'

// The terminal's Ctrl-C goes to the whole group; the launcher decides when its engines stop.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())

let stop: (() => void) | undefined

// It leaves in order, so that nobody waits for it; but the launcher did not ask for it.
process.on('SIGTERM', () => {
  process.exitCode = terminatedCode
  if (stop) stop()
  else process.exit()
})

process.on('message', (message: ToHost) => {
  if (message.type === 'stop') return stop ? stop() : process.exit()
  const { options } = message
  void hostEngine({ ...options, executors: threadExecutor, info: infoOf(options) }, say, (stopEngine) => {
    stop = stopEngine
  }).then(() => process.disconnect())
})

function say(message: FromHost): void {
  if (process.connected) process.send?.(message)
}
