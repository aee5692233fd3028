import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Client } from 'yardmaster'
import { family, gone, keyIn, lines, type Running, Yardmaster } from './yardmaster.ts'

const tasks = 'programs/tasks.js'
let yardmaster: Yardmaster
beforeEach(() => {
  yardmaster = new Yardmaster()
})
afterEach(() => yardmaster[Symbol.dispose]())

async function controller(...args: string[]): Promise<Running> {
  const running = yardmaster.spawn(['controller', ...args])
  await running.says(/more engines: yardmaster engine\b/, 'stderr')
  return running
}

function addresses(): string[] {
  return (JSON.parse(readFileSync(yardmaster.path('default.json'), 'utf8')) as { addresses: string[] }).addresses
}

test('they meet by name and by address, and end together at Ctrl-C', async () => {
  const host = await controller('--listen', 'tcp://127.0.0.1:0', 'ws://127.0.0.1:0')
  const path = yardmaster.path('default.json')
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
  const [tcp, ws] = addresses() as [string, string]
  expect([tcp, ws]).toEqual([expect.stringMatching(/^tcp:/), expect.stringMatching(/^ws:/)])

  const key = keyIn(path)
  const engines = [
    yardmaster.spawn(['engine', '-n', '2']),
    yardmaster.spawn(['engine', '--address', ws], { YARDMASTER_KEY: key }),
    yardmaster.spawn(['engine', '--address', tcp, '--file', path]),
  ] as const
  await Promise.all(engines.map((engine) => engine.says(/joined/, 'stderr')))
  const client = await Client.connect(ws, { key })
  expect(client.ids).toHaveLength(4)
  await client.close()
  const mapped = await yardmaster.run(['map', tasks, '--cluster', 'default'], '1\n2\n3\n4\n5\n')
  expect(lines(mapped.stdout)).toEqual([1, 4, 9, 16, 25])

  engines[1].kill('SIGINT')
  expect((await engines[1].over).code).toBe(0)
  host.kill('SIGINT')
  expect((await host.over).code).toBe(0)
  for (const { code, stderr } of await Promise.all(engines.map((engine) => engine.over))) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('YM_') })
  }
  expect(yardmaster.files).toEqual([])
})

test('web pages of the origins that are named may connect, and no others', async () => {
  const host = await controller('--origin', 'https://example.org', '--origin', 'http://127.0.0.1:8080')
  const [address = ''] = addresses()
  for (const origin of ['https://example.org', 'http://127.0.0.1:8080', 'https://example.com']) {
    const page = new WebSocket(address, { origin })
    const [answer] = await once(page, 'upgrade').catch((error: Error) => [error.message])
    if (origin.endsWith('.com')) expect(answer).toMatch(/403/)
    else expect(answer).toMatchObject({ statusCode: 101 })
    page.terminate()
  }
  host.kill('SIGTERM')
  await host.over
})

test('a map waits for the first engine, and says so', async () => {
  const host = await controller()
  const map = yardmaster.spawn(['map', tasks, '--cluster', 'default'])
  map.stdin.end('3\n')
  await map.says(/no engines.*yardmaster engine/, 'stderr')
  const engine = yardmaster.spawn(['engine'])
  expect(await map.over).toMatchObject({ code: 0, stdout: '9\n' })
  host.kill('SIGTERM')
  expect((await host.over).code).toBe(0)
  expect((await engine.over).code).toBe(0)
})

test('Ctrl-C lets running tasks end; the second does not', async () => {
  const host = await controller('-n', '2', '--engine-kind', 'process')
  const map = yardmaster.spawn(['map', `${tasks}#sleep`, '--cluster', 'default', '--chunk', '1', '--unordered'])
  map.stdin.write('1\n1000\n600000\n')
  await map.says(/"value":1}\n/)
  const members = family(host.pid)
  expect(members).toHaveLength(3)
  host.kill('SIGINT')
  await host.says(/Ctrl-C again/, 'stderr')
  await map.says(/"value":1000}\n/)
  host.kill('SIGINT')
  expect((await host.over).code).toBe(130)
  await gone(members)
  expect(yardmaster.files).toEqual([])
})

test('an engine with another key, or none, is told what it needs', async () => {
  await controller()
  const [address] = addresses() as [string]
  const wrong = await yardmaster.run(['engine', '--address', address], '', { YARDMASTER_KEY: 'A'.repeat(43) })
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toMatch(/\$YARDMASTER_KEY.*\[YM_AUTHENTICATION\]/)
  expect(wrong.stderr).not.toContain('AAAA')
  const none = await yardmaster.run(['engine', '--address', address])
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('set $YARDMASTER_KEY') })
})
