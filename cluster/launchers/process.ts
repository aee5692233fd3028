import { type ChildProcess, fork } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { ConfigurationError } from '../../core/errors.ts'
import { engineEnvironment } from '../engine-environment.ts'
import {
  endWithin,
  type FromHost,
  type HostedEngine,
  type HostedEngineOptions,
  HostWatch,
  hostedOptions,
  type ToHost,
} from './hosted-engine.ts'
import { LastWords } from './last-words.ts'
import type { Launcher } from './launcher.ts'
import { terminatedCode } from './terminated-code.ts'

/** An engine that does not end by itself is killed after this long. */
const killAfterMs = 3_000
/** What it wrote last is still on its way when it has ended, unless a process that it has started holds on to the pipe. */
const lastWordsMs = 200

/** How processes of engines are started. */
export interface ProcessOptions {
  /** For Node: `['--max-old-space-size=4096']`. */
  readonly nodeOptions?: readonly string[]
}

/** Engines that are processes on this machine. They end with this process, however it ends. */
export function processLauncher(options: ProcessOptions & Pick<Launcher, 'listen'> = {}): Launcher {
  return {
    name: 'process',
    ...(options.listen ? { listen: options.listen } : {}),
    open: async (setting) => ({
      launch: async (seats) =>
        seats.map((seat) => launchProcessEngine(hostedOptions(setting, seat, 'process'), options)),
      close: async () => {},
    }),
  }
}

/**
 * Starts an engine as a process of its own: its link on the main thread, its executor on another. It ends with this
 * process, however this one ends: the channel between them closes.
 */
export function launchProcessEngine(
  options: HostedEngineOptions,
  { nodeOptions = [], stdout = 'inherit' }: ProcessOptions & { readonly stdout?: 'inherit' | number } = {},
): HostedEngine {
  const watch = new HostWatch()
  const child = fork(fileURLToPath(new URL('./process-main.js', import.meta.url)), [], {
    env: engineEnvironment(),
    serialization: 'advanced',
    execArgv: [...nodeOptions],
    stdio: ['ignore', stdout, 'pipe', 'ipc'],
  })
  const words = child.stderr && new LastWords(child.stderr, process.stderr)
  let isStopping = false
  child.on('spawn', () => watch.hasBegun(child.pid as number))
  child.on('message', (message) => watch.hear(message as FromHost))
  child.on('error', (error) => {
    if (child.pid === undefined) watch.gone(`the engine's process did not start: ${error.message}`)
  })
  child.on('exit', async (code, signal) => {
    await allRead(child)
    child.stderr?.destroy()
    const how = signal ?? (code === terminatedCode ? 'SIGTERM' : `code ${code}`)
    watch.gone(isStopping || code === 0 ? undefined : `the engine's process ended with ${how}${words?.behind ?? ''}`)
  })
  const say = (message: ToHost) => child.connected && child.send(message, () => {})
  say({ type: 'start', options })
  return {
    launch: options.launch ?? '',
    get place() {
      return watch.place
    },
    began: watch.began,
    ready: watch.ready,
    ended: watch.ended,
    async signal(signal) {
      if (!(signal in constants.signals)) throw new ConfigurationError(`there is no signal ${signal} here`)
      child.kill(signal)
    },
    async stop() {
      isStopping = true
      say({ type: 'stop' })
      await endWithin(watch.ended, killAfterMs, () => child.kill('SIGKILL'))
    },
  }
}

function allRead(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lastWordsMs)
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
