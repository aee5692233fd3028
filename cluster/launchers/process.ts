import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Engine } from '../engine.ts'
import { engineEnvironment } from '../engine-environment.ts'
import { type FromHost, type HostedEngineOptions, HostWatch, type ToHost } from './hosted-engine.ts'

/** An engine that does not end by itself is killed after this long. */
const killAfterMs = 3_000

/**
 * Starts an engine as a process of its own: its link on the main thread, its executor on another. It ends with this
 * process, however this one ends: the channel between them closes.
 */
export async function launchProcessEngine(options: HostedEngineOptions): Promise<Engine & { readonly pid: number }> {
  const child = fork(fileURLToPath(new URL('./process-main.js', import.meta.url)), [], {
    env: engineEnvironment(),
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const watch = new HostWatch()
  let stopping = false
  child.on('message', (message) => watch.hear(message as FromHost))
  child.on('error', (error) => watch.gone(`the engine's process did not start: ${error.message}`))
  child.on('close', (code, signal) => {
    watch.gone(stopping || code === 0 ? undefined : `the engine's process ended with ${signal ?? `code ${code}`}`)
  })
  const say = (message: ToHost) => child.connected && child.send(message)
  const stop = async () => {
    stopping = true
    say({ type: 'stop' })
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    await watch.stopped
    clearTimeout(timer)
  }
  say({ type: 'start', options })
  try {
    const id = await watch.ready
    return { id, pid: child.pid as number, stop, stopped: watch.stopped }
  } catch (error) {
    await stop()
    throw error
  }
}
