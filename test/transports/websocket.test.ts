import { describe, test } from 'vitest'
import { transportSuite } from '../../testing/transport-suite.ts'
import { websocketTransport } from '../../transports/websocket.ts'
import { sendNonsense, startEcho } from './set-up.ts'

const oneMemory = 'the peers may be on different machines'

transportSuite({
  name: 'websocket',
  runner: { describe, test },
  setup: () => ({ transport: websocketTransport(), address: () => 'ws://127.0.0.1:0', startEcho, sendNonsense }),
  exceptions: {
    'objects are passed as they are, in order with frames': oneMemory,
    'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
  },
})
