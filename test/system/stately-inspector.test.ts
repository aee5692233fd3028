import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createWebSocketInspector } from '@statelyai/inspect'
import { expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { Cluster, statesOnly } from 'yardmaster'

interface Received {
  readonly type: string
  readonly sessionId: string
  readonly name?: string
  readonly definition?: string
  readonly snapshot?: { readonly status: string; readonly value?: unknown; readonly context?: object }
}

test('Stately’s inspector, attached by one option, is sent the lives of the four machines and nothing that is in them', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const texts: string[] = []
  server.on('connection', (socket) => socket.on('message', (data) => texts.push(String(data))))
  const { port } = server.address() as AddressInfo
  const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` })

  const cluster = await Cluster.start({ engines: 1, inspect: statesOnly(inspector.inspect) })
  const client = await cluster.connect()
  const marker = 'a marker that stands in an argument'
  await client.loadBalancedView().map(
    (text: string) => text.length,
    Array.from({ length: 100 }, () => marker),
  )
  await cluster.stop()

  const received = () => texts.map((text) => JSON.parse(text) as Received)
  const named = () => new Map(received().flatMap(({ sessionId, name }) => (name ? [[sessionId, name] as const] : [])))
  const statesOf = (machine: string) =>
    received()
      .filter(({ type, sessionId }) => type === '@xstate.snapshot' && named().get(sessionId) === machine)
      .map(({ snapshot }) => {
        const { value } = snapshot ?? {}
        return typeof value === 'object' && value !== null ? Object.keys(value)[0] : value
      })
  await vi.waitUntil(() => statesOf('controller').includes('stopped'), { timeout: 20_000 })
  expect(new Set(named().values())).toEqual(new Set(['controller', 'scheduler', 'engine', 'client']))
  expect(statesOf('engine')).toEqual(expect.arrayContaining(['registering', 'ready', 'leaving']))
  expect(statesOf('client')).toEqual(expect.arrayContaining(['registering', 'ready', 'closing']))
  const all = texts.join('\n')
  expect(all).not.toContain(marker)
  expect(received().every(({ snapshot }) => Object.keys(snapshot?.context ?? {}).length === 0)).toBe(true)
  // The definition is what it draws.
  expect(all).toContain('recoveryLimit')
  inspector.stop()
  server.close()
})
