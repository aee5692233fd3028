import { describe, expect, test } from 'vitest'
import type { Transport } from '../../core/transport.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { secured } from '../../transports/encryption.ts'
import { websocketTransport } from '../../transports/websocket.ts'
import { zeromqTransport } from '../../transports/zeromq.ts'
import { echoKey as key, sendNonsense, startEcho } from './set-up.ts'

const oneMemory = 'the peers may be on different machines'
const exceptions = {
  'objects are passed as they are, in order with frames': oneMemory,
  'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
}

/** With the key that both sides have. */
function keyed(transport: Transport): Transport {
  return {
    ...transport,
    listen: (address, onConnection, options) => transport.listen(address, onConnection, { ...options, key }),
    connect: (address, options) => transport.connect(address, { ...options, key }),
  }
}

for (const [name, transport, scheme] of [
  ['encrypted websocket', websocketTransport(), 'wss'],
  ['encrypted ZeroMQ', zeromqTransport(), 'tcps'],
] as const) {
  transportSuite({
    name,
    runner: { describe, test },
    setup: () => ({ transport: keyed(transport), address: () => `${scheme}://127.0.0.1:0`, startEcho, sendNonsense }),
    exceptions,
  })
}

test('what others can reach over a network is encrypted, unless it may be insecure', () => {
  const plain = [
    'ws://127.0.0.1:1',
    'ws://localhost:1',
    'ws://[::1]:1',
    'tcp://127.0.0.1:1',
    'ipc:///path',
    'memory:name',
  ]
  for (const address of plain) expect(secured(address, false)).toBe(address)
  const reachable = ['ws://192.168.1.16:1', 'ws://0.0.0.0:1', 'ws://[::]:1', 'tcp://example.org:1', 'tcp://*:1']
  for (const address of reachable) {
    expect(secured(address, false)).toBe(address.replace(':', 's:'))
    expect(secured(address, true)).toBe(address)
  }
})
