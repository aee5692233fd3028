/** A transport of one's own: registered by its scheme, found by its address, held to the same suite. */
import { afterEach, describe, expect, test } from 'vitest'
import { AddressError } from '../../core/errors.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { registerTransport, transportFor } from '../../transports/connect.ts'
import { jsonTransport } from './json-transport.ts'

registerTransport(jsonTransport)

const oneMemory = 'the peers may be on different machines'

transportSuite({
  name: 'json, a toy registered by its scheme',
  runner: { describe, test },
  setup: async () => ({ transport: await transportFor('json://127.0.0.1:0'), address: () => 'json://127.0.0.1:0' }),
  exceptions: {
    'objects are passed as they are, in order with frames': oneMemory,
    'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
    'the end of the peer’s process is an error here, and other peers go on': 'other processes do not know the toy',
    'a process that is killed amid traffic is noticed, and what it had echoed is in order':
      'other processes do not know the toy',
    'nonsense on the wire ends nothing but its own connection':
      'it takes any line for JSON, and that is shown elsewhere',
  },
})

describe('which transport an address gets', () => {
  afterEach(() => registerTransport(jsonTransport))

  test.each([
    ['memory:x', 'memory'],
    ['threads:x', 'threads'],
    ['tcp://127.0.0.1:0', 'zeromq'],
    ['ipc:///tmp/x', 'zeromq'],
    ['ws://127.0.0.1:0', 'websocket'],
    ['json://127.0.0.1:0', 'json'],
    ['JSON://127.0.0.1:0', 'json'],
  ])('%s: %s', async (address, name) => {
    const transport = await transportFor(address)
    expect(transport.name).toBe(name)
    expect(await transportFor(address)).toBe(transport)
  })

  test('tcp and ipc are one transport', async () => {
    expect(await transportFor('tcp://127.0.0.1:0')).toBe(await transportFor('ipc:///tmp/x'))
  })

  test('an unknown scheme, and none, are AddressErrors that say what there is', async () => {
    await expect(transportFor('pigeon://loft')).rejects.toThrow(AddressError)
    await expect(transportFor('pigeon://loft')).rejects.toThrow(
      /pigeon.*memory, threads, tcp, tcps, ipc, ws, wss, json/,
    )
    await expect(transportFor('127.0.0.1:80')).rejects.toThrow(AddressError)
    await expect(transportFor('constructor:x')).rejects.toThrow(AddressError)
  })

  test('the last to register a scheme has it', async () => {
    const other = { ...jsonTransport, name: 'other' }
    registerTransport(other)
    expect(await transportFor('json://x')).toBe(other)
  })
})
