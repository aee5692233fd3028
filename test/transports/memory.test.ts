import { describe, expect, test } from 'vitest'
import { transportSuite } from '../../testing/transport-suite.ts'
import { memoryTransport } from '../../transports/memory.ts'
import { freshName } from './set-up.ts'

const oneProcess = 'both ends are in this process'
const noWire = 'there is no wire'

transportSuite({
  name: 'memory',
  runner: { describe, test },
  setup: () => ({ transport: memoryTransport(), address: () => `memory:${freshName()}` }),
  exceptions: {
    'the end of the peer’s process is an error here, and other peers go on': oneProcess,
    'a process that is killed amid traffic is noticed, and what it had echoed is in order': oneProcess,
    'nonsense on the wire ends nothing but its own connection': noWire,
    'a handshake message over 64 kB is a ProtocolError': 'objects are passed as they are, and have no size',
  },
})

transportSuite({
  name: 'memory, serialized',
  runner: { describe, test },
  setup: () => ({ transport: memoryTransport({ serialize: true }), address: () => `memory:${freshName()}` }),
  exceptions: {
    'the end of the peer’s process is an error here, and other peers go on': oneProcess,
    'a process that is killed amid traffic is noticed, and what it had echoed is in order': oneProcess,
    'nonsense on the wire ends nothing but its own connection': noWire,
    'objects are passed as they are, in order with frames': 'it serializes: that is what it is for',
  },
})

test('a scheduler decides when deliveries happen', async () => {
  const due: (() => void)[] = []
  const transport = memoryTransport({ schedule: (delivery) => due.push(delivery) })
  const seen: string[] = []
  await transport.listen('memory:x', (connection) => {
    connection.open({ onMessage: ([frame]) => seen.push(String(frame?.[0])), onClose: () => seen.push('closed') })
  })
  const connection = await transport.connect('memory:x')
  connection.open({ onMessage: () => {}, onClose: () => {} })
  connection.send([new Uint8Array([1])])
  connection.send([new Uint8Array([2])])
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(seen).toEqual([])
  due.shift()?.()
  due.shift()?.()
  expect(due).toHaveLength(0)
  expect(seen).toEqual(['1', '2'])
  void connection.close()
  due.shift()?.()
  await Promise.resolve()
  expect(seen).toEqual(['1', '2', 'closed'])
})

test('serialized, what the sender changes afterwards does not arrive', async () => {
  const transport = memoryTransport({ serialize: true })
  const seen: number[] = []
  await transport.listen('memory:x', (c) => c.open({ onMessage: ([f]) => seen.push(f?.[0] ?? -1), onClose: () => {} }))
  const connection = await transport.connect('memory:x')
  const frame = new Uint8Array([1])
  connection.send([frame])
  frame[0] = 2
  await connection.close()
  expect(seen).toEqual([1])
})
