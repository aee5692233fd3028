/** The key of a cluster, and what is derived from it, stay where they belong: nobody finds them in what is said, shown or left lying. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { Client, Cluster } from 'yardmaster'
import { curveServerKeys } from '../../transports/encryption.ts'
import { scaled } from '../scale.ts'
import { killChildren, watched } from './children.ts'
import { key, keyText, pathsToSecrets, secretsIn, shown, told } from './secrets.ts'
import { z85 } from './z85.ts'

const schemes = scaled(['ws', 'tcp', 'wss', 'tcps'] as const, ['tcps'] as const)
const wrong = new Uint8Array(32).fill(1)

describe('the search', () => {
  it.each([
    ['hexadecimal', Buffer.from(key).toString('hex')],
    ['capital hexadecimal', Buffer.from(key).toString('hex').toUpperCase()],
    ['a Buffer that is inspected', inspect(Buffer.from(key))],
    ['bytes that are inspected', inspect(key)],
    ['bytes in JSON', JSON.stringify(key)],
    ['a Buffer in indented JSON', JSON.stringify(Buffer.from(key), null, 2)],
    ['base64', Buffer.from(key).toString('base64')],
    ['base64url, in a connection file', JSON.stringify({ key: keyText })],
    ['Z85', z85(Buffer.from(key))],
    ['the key of tcps', curveServerKeys('tcps:', key).secret],
    ['Latin-1', Buffer.from(key).toString('latin1')],
    ['Latin-1 in JSON', JSON.stringify(Buffer.from(key).toString('latin1'))],
    ['a string that is inspected', inspect({ key: Buffer.from(key).toString('latin1') })],
    ['raw bytes amid others', Buffer.concat([Buffer.alloc(99, 1), key, Buffer.alloc(99, 2)])],
  ])('finds it as %s', (_how, what) => {
    expect(secretsIn(what)).not.toEqual([])
  })

  it('finds it deep in a value that is shown, and in an error’s cause', () => {
    expect(
      secretsIn(shown({ a: [new Map([['b', { c: Object.defineProperty({}, 'd', { value: key }) }]])] })),
    ).not.toEqual([])
    const cause = Object.assign(new Error('inner'), { details: { key } })
    expect(secretsIn(told(new Error('outer', { cause })))).not.toEqual([])
  })

  it('finds nothing where nothing is', () => {
    expect(secretsIn(shown(process.memoryUsage()))).toEqual([])
    expect(secretsIn(inspect(wrong) + Buffer.from(wrong).toString('hex'))).toEqual([])
  })
})

describe.each(schemes)('over %s', (scheme) => {
  let cluster: Cluster
  let client: Client
  const logged: string[] = []
  const inspected: InspectionEvent[] = []
  const inspectEvent = (event: InspectionEvent) => inspected.push(event)

  beforeAll(async () => {
    cluster = await Cluster.start({
      engines: 1,
      engineKind: 'process',
      transport: `${scheme}://127.0.0.1:0`,
      key,
      inspect: inspectEvent,
      log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
    })
    client = await Client.connect(cluster.addresses[0], { key, inspect: inspectEvent })
    await client.loadBalancedView().map((x: number) => x + 1, [1, 2, 3])
  })
  afterAll(async () => {
    await client.close()
    await cluster.stop()
    expect(logged.length).toBeGreaterThan(2)
    expect(secretsIn(logged.join('\n'))).toEqual([])
  })

  it('no object that a program holds shows it', async () => {
    const view = client.loadBalancedView()
    const result = view.apply(() => 1)
    await result
    const objects = [cluster, client, view, result, client.directView(), client.broadcastView(), cluster.engines]
    for (const object of objects) expect([...secretsIn(shown(object)), ...pathsToSecrets(object)]).toEqual([])
  })

  it('nor do the events that `inspect` sees', () => {
    expect(inspected.map(({ type }) => type)).toContain('@xstate.snapshot')
    expect(pathsToSecrets(inspected)).toEqual([])
  })

  it('nor does an error', async () => {
    const closed = await Cluster.start({ engines: 0, transport: `${scheme}://127.0.0.1:0`, key: wrong })
    const [gone = ''] = closed.addresses
    const ofOther = await Client.connect(gone, { key }).catch((error: unknown) => error)
    await closed.stop()
    const [address = ''] = cluster.addresses
    const failures = [
      Client.connect(address, { key: wrong }),
      Client.connect(address, { key: key.subarray(1) }),
      Client.connect(address, { key: keyText.slice(1) }),
      Client.connect(gone, { key, connectTimeoutMs: 500 }),
      Client.connect(`${scheme}:/nonsense`, { key }),
      Cluster.start({ engines: 1, engineKind: 'process', transport: address as `${string}:${string}`, key }),
      Cluster.start({ engines: 1, transport: `${scheme}://127.0.0.1:0`, key, engineKind: 'thred' as 'thread' }),
      Cluster.start({ engines: 0, transport: `${scheme}://127.0.0.1:0`, key: key.subarray(1) }),
    ]
    const errors = [
      ofOther,
      ...(await Promise.all(
        failures.map((one) =>
          one.then(
            () => undefined,
            (error: unknown) => error,
          ),
        ),
      )),
    ]
    for (const error of errors) expect(error).toBeInstanceOf(Error)
    for (const error of errors)
      expect([(error as Error).message, secretsIn(told(error))]).toEqual([(error as Error).message, []])
  })

  it('nor can a task find it around itself', async () => {
    const look = async () => {
      const { inspect } = await import('node:util')
      const { workerData } = await import('node:worker_threads')
      const { readFileSync } = await import('node:fs')
      const files = ['cmdline', 'environ'].map((name) => {
        try {
          return readFileSync(`/proc/self/${name}`, 'latin1')
        } catch {
          return ''
        }
      })
      const { env, argv, execArgv, title } = process
      const options = { depth: 8, showHidden: true, maxArrayLength: 1_000 }
      const report = JSON.stringify(process.report.getReport())
      return [inspect({ env, argv, execArgv, title, workerData, globalThis }, options), report, ...files].join('\n')
    }
    const around = await client.loadBalancedView().apply(look)
    expect(around).toContain('PATH')
    expect(secretsIn(around)).toEqual([])
  })
})

describe('a program that has the key in its environment', () => {
  it.each([
    ['thread', 'memory'],
    ['thread', 'threads'],
    ['thread', 'websocket'],
    ['process', 'zeromq'],
  ] as const)('%s engines, by %s, do not have it there', async (engineKind, transport) => {
    vi.stubEnv('YARDMASTER_KEY', keyText)
    vi.stubEnv('YARDMASTER_MARK', 'a mark')
    await using cluster = await Cluster.start({ engines: 1, engineKind, transport, key })
    const client = await cluster.connect()
    const environment = await client.loadBalancedView().apply(() => ({ ...process.env }))
    expect(environment).toMatchObject({ YARDMASTER_MARK: 'a mark' })
    expect(secretsIn(shown(environment))).toEqual([])
  })
})

describe.each(schemes)('a program over %s whose rejections nobody hears', (scheme) => {
  const program = fileURLToPath(new URL('./programs/fails-unheard.mjs', import.meta.url))
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'yardmaster-secrets-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(killChildren)

  it.each([
    ['store', /YM_STORE/],
    ['wrong key', /YM_(AUTHENTICATION|UNREACHABLE)/],
    ['other key', /YM_(AUTHENTICATION|UNREACHABLE)/],
    ['unreachable', /YM_UNREACHABLE/],
    ['engines that do not start', /YM_ADDRESS_IN_USE/],
    ['thrown while it runs', /a defect of the program/],
  ])('%s: Node tells of it without the key', async (what, says) => {
    const child = watched(spawn(process.execPath, [program, what, scheme], { stdio: ['pipe', 'pipe', 'pipe'] }))
    const bytes: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => bytes.push(chunk))
    child.stdin.end(keyText)
    const [code] = (await once(child, 'close')) as [number]
    const said = Buffer.concat(bytes)
    expect([code, said.toString()]).toEqual([1, expect.stringMatching(says)])
    expect(secretsIn(said)).toEqual([])
  })
})
