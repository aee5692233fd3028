/** The main module of an engine's own thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { openPort } from '../../transports/threads.ts'
import { threadExecutor } from '../executors/thread.ts'
import { hostEngine, infoOf, type ToHost } from './hosted-engine.ts'
import type { EngineThreadData } from './thread.ts'

const { port, options } = workerData as EngineThreadData

void hostEngine(
  {
    ...options,
    // The port cannot be had twice: when it closes, so does the engine.
    reconnectMs: 0,
    connect: async () => openPort(port),
    executors: threadExecutor,
    info: infoOf(options),
  },
  (message) => parentPort?.postMessage(message),
  (stop) => parentPort?.on('message', (message: ToHost) => message.type === 'stop' && stop()),
).then(() => parentPort?.close())
