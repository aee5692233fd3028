import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { transportSuite } from '../../testing/transport-suite.ts'
import { zeromqTransport } from '../../transports/zeromq.ts'
import { freshName, sendNonsense, startEcho } from './set-up.ts'

const oneMemory = 'the peers may be on different machines'
const exceptions = {
  'objects are passed as they are, in order with frames': oneMemory,
  'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
}
const folder = mkdtempSync(join(tmpdir(), 'yardmaster-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

transportSuite({
  name: 'ZeroMQ over TCP',
  runner: { describe, test },
  setup: () => ({ transport: zeromqTransport(), address: () => 'tcp://127.0.0.1:0', startEcho, sendNonsense }),
  exceptions,
})

transportSuite({
  name: 'ZeroMQ over a path',
  runner: { describe, test },
  setup: () => ({
    transport: zeromqTransport(),
    address: () => `ipc://${join(folder, freshName())}`,
    startEcho,
    sendNonsense,
  }),
  exceptions,
})
