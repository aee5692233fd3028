import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { writeConnectionFile } from '../../cluster/connection-file.ts'
import { clientHello } from '../../core/admission-messages.ts'
import { systemClock } from '../../core/clock.ts'
import { answerHandshake } from '../../core/handshake.ts'
import { clientToController, controllerToClient } from '../../core/messages.ts'
import type { Listener } from '../../core/transport.ts'
import { transportFor } from '../../transports/connect.ts'
import { Client, type ClientOptions } from '../../views/client.ts'
import { engineInfo } from './fake-controller.ts'

const key = new Uint8Array(32).fill(7)
const keyText = Buffer.from(key).toString('base64url')
const address = 'memory:connect-test'
const sessions: string[] = []
let listener: Listener
let directory: string

/** Lets clients in, and says no more. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yardmaster-'))
  const roles = { client: { sends: controllerToClient, receives: clientToController, details: clientHello } }
  listener = await (await transportFor(address)).listen(address, (connection) => {
    const admit = ({ details: { session } }: { details: { session: string } }) => {
      sessions.push(session)
      return { session, cluster: 'test', heartbeatMs: 0, engines: [engineInfo(4)] }
    }
    answerHandshake(connection, { key, clock: systemClock, roles, admit }).then(
      ({ link }) => link.open({ onMessage: () => {}, onClose: () => {} }),
      () => {},
    )
  })
})

afterAll(async () => {
  await listener.close()
  await rm(directory, { recursive: true })
})

async function fileWith(name: string, addresses: string[]): Promise<string> {
  const path = join(directory, `${name}.json`)
  await writeConnectionFile(path, { version: 1, cluster: name, addresses, key: keyText, pid: process.pid })
  return path
}

test('by address, with the key as bytes or as text', async () => {
  for (const given of [key, keyText]) {
    await using client = await Client.connect(address, { key: given })
    expect(client.ids).toEqual([4])
  }
  expect(new Set(sessions).size).toBe(sessions.length)
})

test('by connection file: its path, a cluster’s name, the default', async () => {
  vi.stubEnv('YARDMASTER_DIR', directory)
  const path = await fileWith('yard', [address])
  await fileWith('default', ['memory:nobody-there', address])
  for (const where of [path, { cluster: 'yard' }, undefined]) {
    await using client = await Client.connect(where)
    expect(client.ids).toEqual([4])
  }
})

test.each([
  ['an address without a key', address, {}, 'YM_CONFIGURATION', /key/],
  ['another key', address, { key: new Uint8Array(32) }, 'YM_AUTHENTICATION', /key/],
  ['a key that is none', address, { key: 'short' }, 'YM_AUTHENTICATION', /32 bytes/],
  ['nobody there', 'memory:nobody-there', { key }, 'YM_UNREACHABLE', /nobody-there/],
  ['no such scheme', 'carrier-pigeon://roof', { key }, 'YM_ADDRESS', /carrier-pigeon/],
  ['no such file', '/no/such/file.json', {}, 'YM_CONFIGURATION', /file\.json/],
])('%s is told', async (_what, where, options, code, message) => {
  const connecting = Client.connect(where, { connectTimeoutMs: 200, ...options })
  await expect(connecting).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

test.each([
  [
    '{ cluster, tracing }',
    { cluster: 'yard', tracing: true },
    {},
    /^tracing belongs into the second argument of Client\.connect/,
  ],
  [
    '{ address, key }',
    { address, key },
    {},
    /^Client\.connect takes an address as it is, .*Client\.connect\(address, \{ key \}\)/,
  ],
  ['{ clsuter }', { clsuter: 'yard' }, {}, /^Client\.connect knows no clsuter in its first argument/],
  [
    'cluster in the second argument',
    undefined,
    { cluster: 'yard' },
    /no option cluster; it belongs into the first argument/,
  ],
  ['an option that is none', address, { key, nonsense: 1 }, /no option nonsense; there are key, .*, random$/],
])('%s is told, and where it belongs', async (_what, where, options, message) => {
  const connecting = Client.connect(where as string | undefined, options as ClientOptions)
  await expect(connecting).rejects.toMatchObject({ code: 'YM_CONFIGURATION', message: expect.stringMatching(message) })
})
