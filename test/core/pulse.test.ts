import { expect, it } from 'vitest'
import { Pulse } from '../../core/pulse.ts'
import type { Connection } from '../../core/transport.ts'

function setUp() {
  const connection = { receivedBytes: 0 } as Connection & { receivedBytes: number | undefined }
  return { connection, pulse: new Pulse(connection) }
}

it('counts the beats in which nothing came', () => {
  const { pulse } = setUp()
  expect([pulse.beat(), pulse.beat(), pulse.beat()]).toEqual([0, 1, 2])
  pulse.hear()
  expect(pulse.silentBeats).toBe(0)
  expect([pulse.beat(), pulse.beat()]).toEqual([0, 1])
})

it('part of a message is no silence', () => {
  const { pulse, connection } = setUp()
  pulse.beat()
  connection.receivedBytes = 100
  expect(pulse.beat()).toBe(0)
  expect(pulse.beat()).toBe(1)
})

it('where the link does not tell, messages alone count', () => {
  const { pulse, connection } = setUp()
  connection.receivedBytes = undefined
  expect([pulse.beat(), pulse.beat()]).toEqual([0, 1])
})
