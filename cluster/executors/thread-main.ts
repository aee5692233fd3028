/** The main module of an executor's thread. */
import { inspect } from 'node:util'
import { workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { decoder, sendEncoded } from '../../core/codec.ts'
import { engineToExecutor } from '../../core/messages.ts'
import { Tracing } from '../../core/tracing.ts'
import { openPort } from '../../transports/threads.ts'
import { Bell } from './bell.ts'
import { ClaimTable } from './claims.ts'
import { TaskRunner } from './task-runner.ts'
import { type ExecutorThreadData, executorLimits } from './thread.ts'

const { port, claims, bell: bellBuffer, concurrency, engine, capacity, tracing } = workerData as ExecutorThreadData
const bell = new Bell(bellBuffer)
const decode = decoder(engineToExecutor)
const connection = openPort(port, executorLimits)
/** The engine's thread says what it has taken, and is heard when the event loop turns. */
const crowdedBytes = 64 * 2 ** 20
const runner = new TaskRunner({
  claims: new ClaimTable(claims),
  concurrency,
  engine,
  capacity,
  clock: systemClock,
  ownsThread: true,
  tracing: tracing === undefined ? undefined : await Tracing.load(tracing),
  send: (message) => {
    sendEncoded(connection, message)
    // A synchronous task ends no turn for as long as it runs.
    connection.sendNow()
  },
  isCrowded: () => connection.bufferedBytes > crowdedBytes,
})

// What a task leaves behind must not end the tasks after it: it fails the task that runs, or is only reported.
const stray = (error: unknown) => {
  if (!runner.failRunning(error)) process.stderr.write(`engine ${engine}: uncaught by any task: ${inspect(error)}\n`)
}
process.on('uncaughtException', stray)
process.on('unhandledRejection', stray)

/** How long an idle executor waits for another task before its event loop goes on, which may have timers of tasks that left some. */
const lingerMs = 1
/** How long the event loop may have to wait in all. */
const lingerMsMax = 10
let isLingering = false

/** Waits for the next task where a waiting thread is soonest awake. */
function linger(): void {
  if (isLingering) return
  isLingering = true
  const until = performance.now() + lingerMsMax
  while (runner.isIdle && performance.now() < until) {
    const { rings } = bell
    connection.receiveNow()
    if (runner.isIdle && !bell.wait(rings, lingerMs)) break
  }
  isLingering = false
}

connection.open({
  onMessage(frames) {
    runner.receive(decode(frames))
    linger()
  },
  onClose: () => process.exit(),
})
sendEncoded(connection, { type: 'ready' })
