import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Connection } from '../../core/transport.ts'
import { openPort } from '../../transports/threads.ts'
import { engineEnvironment } from '../engine-environment.ts'
import { noSuchSignal } from './here.ts'
import {
  endWithin,
  type FromHost,
  type HostedEngine,
  type HostedEngineOptions,
  HostWatch,
  type ToHost,
} from './hosted-engine.ts'

export interface EngineThreadData {
  readonly port: MessagePort
  readonly options: HostedEngineOptions
}

/** A thread that does not end by itself is ended after this long. */
const endAfterMs = 3_000

/**
 * Starts an engine in a worker thread of its own, linked to the controller in this thread by a message port; its executor
 * is a thread under it. `adopt` takes the controller's end of the link.
 */
export function launchThreadEngine(
  options: HostedEngineOptions,
  adopt: (connection: Connection) => void,
): HostedEngine {
  const { port1, port2 } = new MessageChannel()
  const data: EngineThreadData = { port: port2, options }
  const worker = new Worker(new URL('./thread-main.js', import.meta.url), {
    workerData: data,
    transferList: [port2],
    env: engineEnvironment(),
    execArgv: [],
  })
  const watch = new HostWatch()
  let isStopping = false
  let death: string | undefined
  worker.on('online', () => watch.hasBegun(process.pid))
  worker.on('message', (message: FromHost) => watch.hear(message))
  worker.on('error', (error: Error) => {
    death = `the engine's thread died: ${error.message}`
  })
  worker.on('exit', (code) => {
    watch.gone(
      isStopping ? undefined : (death ?? (code === 0 ? undefined : `the engine's thread ended with code ${code}`)),
    )
  })
  adopt(openPort(port1))
  const askToStop = () => worker.postMessage({ type: 'stop' } satisfies ToHost)
  return {
    launch: options.launch ?? '',
    get place() {
      return watch.place
    },
    began: watch.began,
    ready: watch.ready,
    ended: watch.ended,
    async signal(signal) {
      if (signal !== 'SIGKILL' && signal !== 'SIGTERM') throw noSuchSignal('a thread', signal)
      death = `the engine's thread was ended by ${signal}`
      if (signal === 'SIGTERM') askToStop()
      else await worker.terminate()
    },
    async stop() {
      isStopping = true
      askToStop()
      await endWithin(watch.ended, endAfterMs, () => void worker.terminate())
    },
  }
}
