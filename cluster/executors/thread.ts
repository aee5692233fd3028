import { MessageChannel, Worker } from 'node:worker_threads'
import type { Capacity } from '../../core/capacity.ts'
import { decoder, sendEncoded } from '../../core/codec.ts'
import { ConnectionLostError } from '../../core/errors.ts'
import { type EngineToExecutor, executorToEngine } from '../../core/messages.ts'
import { openPort } from '../../transports/threads.ts'
import { engineEnvironment } from '../engine-environment.ts'
import type { ExecutorFactory } from '../executor.ts'
import { Bell } from './bell.ts'

export interface ExecutorThreadData {
  readonly port: import('node:worker_threads').MessagePort
  readonly claims: ArrayBufferLike
  readonly bell: SharedArrayBuffer
  readonly concurrency: number
  readonly engine: number
  readonly capacity: Capacity
  /** What sets up tracing there. */
  readonly tracing: true | string | undefined
}

const decode = decoder(executorToEngine)
/** How long the spans of an executor may take to be sent when it is ended in order. */
const flushMs = 1_000

/** What is too much for the engine's link is refused before it comes here. */
export const executorLimits = { messageBytesMax: Number.POSITIVE_INFINITY }

/** Runs tasks in a worker thread of their own, so that the engine's link stays awake and any task can be ended. */
export const threadExecutor: ExecutorFactory = {
  kind: 'thread',
  start({ claims, concurrency, engine, capacity, tracing }, handlers) {
    const { port1, port2 } = new MessageChannel()
    const bell = new Bell()
    const data: ExecutorThreadData = {
      port: port2,
      claims: claims.buffer,
      bell: bell.buffer,
      concurrency,
      engine,
      capacity,
      tracing: tracing?.option,
    }
    let onFlushed = () => {}
    let isRinging = false
    const ring = () => {
      isRinging = false
      bell.ring()
    }
    const worker = new Worker(new URL('./thread-main.js', import.meta.url), {
      workerData: data,
      transferList: [port2],
      env: engineEnvironment(),
      execArgv: [],
    })
    const connection = openPort(port1, executorLimits)
    let ending: Promise<void> | undefined
    let death: string | undefined
    connection.open({
      onMessage: (frames) => {
        const message = decode(frames)
        if (message.type === 'flushed') onFlushed()
        else handlers.onMessage(message)
      },
      onClose: (error) => {
        if (ending || error instanceof ConnectionLostError) return
        // Nobody could hear it any more.
        death = error?.message
        void worker.terminate()
      },
    })
    worker.on('error', (error: Error) => {
      death = `${error.name}: ${error.message}`
    })
    worker.on('exit', (code) => {
      onFlushed()
      connection.receiveNow()
      connection.abort()
      if (!ending) handlers.onDeath(death ?? `the executor's thread ended with code ${code}`)
    })
    const send = (message: EngineToExecutor) => {
      sendEncoded(connection, message)
      if (isRinging) return
      isRinging = true
      // After the connection has sent what this turn had for it.
      queueMicrotask(ring)
    }
    const flush = () =>
      new Promise<void>((resolve) => {
        // It may be in the middle of a task that does not end.
        const timer = setTimeout(resolve, flushMs)
        onFlushed = () => {
          clearTimeout(timer)
          resolve()
        }
        send({ type: 'flush' })
      })
    return {
      send,
      ...(tracing ? { flush } : {}),
      hearOut: () => connection.receiveNow(),
      end() {
        ending ??= worker.terminate().then(() => connection.abort())
        return ending
      },
    }
  },
}
