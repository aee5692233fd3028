import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { ConnectionLostError, UnreachableError } from '../../core/errors.ts'
import type { Connection } from '../../core/transport.ts'
import { Recorder } from '../../testing/transport-pair.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { transportFor } from '../../transports/connect.ts'
import { openPort, threads, threadsTransport } from '../../transports/threads.ts'
import { freshName } from './set-up.ts'

const oneProcess = 'both ends are in this process'

transportSuite({
  name: 'threads',
  runner: { describe, test },
  setup: () => ({ transport: threadsTransport(), address: () => `threads:${freshName()}` }),
  exceptions: {
    'the end of the peer’s process is an error here, and other peers go on': oneProcess,
    'a process that is killed amid traffic is noticed, and what it had echoed is in order': oneProcess,
    'nonsense on the wire ends nothing but its own connection': 'there is no wire',
    'objects are passed as they are, in order with frames': 'threads share no objects',
  },
})

/** A thread that is given a port, echoes, and ends as the first byte of a message says. */
async function echoThread() {
  const transport = threadsTransport()
  const come: Connection[] = []
  await transport.listen('threads:controller', (connection) => come.push(connection))
  const port = transport.portTo('threads:controller')
  const worker = new Worker(new URL('./echo-thread.mjs', import.meta.url), {
    workerData: { port },
    transferList: [port],
  })
  await Promise.resolve()
  const recorder = new Recorder(come[0] as Connection)
  const failed = once(worker, 'error')
  recorder.connection.send([new Uint8Array([0]), new Uint8Array(100_000)])
  await recorder.until(() => recorder.messages.length === 1)
  return { worker, recorder, failed }
}

describe('a port in another thread', () => {
  test('carries messages, and its close is a close', async () => {
    const { worker, recorder } = await echoThread()
    expect(recorder.messages[0]?.map(({ length }) => length)).toEqual([1, 100_000])
    recorder.connection.send([new Uint8Array([2])])
    expect(await recorder.closed).toBeUndefined()
    expect(recorder.messages).toHaveLength(2)
    await once(worker, 'exit')
  })

  test('a thread that exits, fails or is terminated is an error here', async () => {
    const exits = await echoThread()
    exits.recorder.connection.send([new Uint8Array([1])])
    expect(await exits.recorder.closed).toBeInstanceOf(ConnectionLostError)
    const fails = await echoThread()
    fails.recorder.connection.send([new Uint8Array([3])])
    expect(await fails.recorder.closed).toBeInstanceOf(ConnectionLostError)
    expect((await fails.failed)[0]).toMatchObject({ message: 'the thread fails' })
    const ended = await echoThread()
    await ended.worker.terminate()
    expect(await ended.recorder.closed).toBeInstanceOf(ConnectionLostError)
  })

  test('is had from where the listener is, and nowhere else', async () => {
    await threads.listen('threads:here', (connection) => new Recorder(connection, (frames) => connection.send(frames)))
    const there = new Recorder(openPort(threads.portTo('threads:here')))
    there.connection.send([new Uint8Array([5])])
    await there.until(() => there.messages.length === 1)
    await there.connection.close()
    expect(() => threads.portTo('threads:elsewhere')).toThrow(UnreachableError)
    expect(await transportFor('threads:here')).toBe(threads)
  })

  test('shared memory stays shared', async () => {
    const { worker, recorder } = await echoThread()
    const shared = new Uint8Array(new SharedArrayBuffer(8))
    recorder.connection.send([new Uint8Array([0]), shared])
    await recorder.until(() => recorder.messages.length === 2)
    shared[3] = 9
    expect(recorder.messages[1]?.[1]?.[3]).toBe(9)
    await worker.terminate()
  })
})
