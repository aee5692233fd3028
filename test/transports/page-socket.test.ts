import { describe, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { transportSuite } from '../../testing/transport-suite.ts'
import { pageSocketTransport } from '../../transports/page-socket.ts'
import { websocketTransport } from '../../transports/websocket.ts'
import { sendNonsense, startEcho } from './set-up.ts'

const oneMemory = 'the peers may be on different machines'

// With another WebSocket than a browser's, which can be used alike; that of a real browser is among the tests of browsers.
transportSuite({
  name: 'a page’s websocket, with the listener of the house',
  runner: { describe, test },
  setup: () => {
    vi.stubGlobal('WebSocket', WebSocket)
    const transport = { ...websocketTransport(), connect: pageSocketTransport().connect }
    return { transport, address: () => 'ws://127.0.0.1:0', startEcho, sendNonsense }
  },
  exceptions: {
    'objects are passed as they are, in order with frames': oneMemory,
    'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
  },
})
