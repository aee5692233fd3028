import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Connection } from '../../core/transport.ts'
import { openPort } from '../../transports/threads.ts'
import type { Engine } from '../engine.ts'
import { engineEnvironment } from '../engine-environment.ts'
import { type FromHost, type HostedEngineOptions, HostWatch, type ToHost } from './hosted-engine.ts'

export interface EngineThreadData {
  readonly port: MessagePort
  readonly options: HostedEngineOptions
}

/**
 * Starts an engine in a worker thread of its own, linked to the controller in this thread by a message port; its executor
 * is a thread under it. `adopt` takes the controller's end of the link.
 */
export async function launchThreadEngine(
  options: HostedEngineOptions,
  adopt: (connection: Connection) => void,
): Promise<Engine> {
  const { port1, port2 } = new MessageChannel()
  const data: EngineThreadData = { port: port2, options }
  const worker = new Worker(new URL('./thread-main.js', import.meta.url), {
    workerData: data,
    transferList: [port2],
    env: engineEnvironment(),
    execArgv: [],
  })
  const watch = new HostWatch()
  let stopping = false
  let death: string | undefined
  worker.on('message', (message: FromHost) => watch.hear(message))
  worker.on('error', (error: Error) => {
    death = `the engine's thread died: ${error.message}`
  })
  worker.on('exit', (code) => {
    watch.gone(
      stopping ? undefined : (death ?? (code === 0 ? undefined : `the engine's thread ended with code ${code}`)),
    )
  })
  adopt(openPort(port1))
  const stop = async () => {
    stopping = true
    worker.postMessage({ type: 'stop' } satisfies ToHost)
    const timer = setTimeout(() => void worker.terminate(), stopWithinMs)
    await watch.stopped
    clearTimeout(timer)
  }
  try {
    return { id: await watch.ready, stop, stopped: watch.stopped }
  } catch (error) {
    await stop()
    throw error
  }
}

const stopWithinMs = 3_000
