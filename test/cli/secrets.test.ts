/**
 * The key of a cluster, and what is derived from it, by the command line: in no output, no command line, no environment but that of the
 * process to which it was given so, no report of Node's, and no file but the connection file.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client } from 'yardmaster'
import { scaled } from '../scale.ts'
import { filesBelow, key, keyText, processFile, secretsIn } from '../system/secrets.ts'
import { family, lines, Yardmaster } from './yardmaster.ts'

const tasks = 'programs/tasks.js'
const wrong = Buffer.alloc(32, 1).toString('base64url')
const commands = ['map', 'start', 'status', 'stop', 'controller', 'engine', 'simulate']
let yardmaster: Yardmaster
/** Everything that a process might write goes below this. */
let environment: NodeJS.ProcessEnv
let withKey: NodeJS.ProcessEnv
beforeEach(() => {
  yardmaster = new Yardmaster()
  const [TMPDIR, HOME, reports] = ['temporary', 'home', 'reports'].map((name) => join(yardmaster.folder, name))
  for (const folder of [TMPDIR, HOME, reports]) mkdirSync(folder as string)
  environment = {
    TMPDIR,
    HOME,
    NODE_OPTIONS: `--report-on-signal --report-signal=SIGUSR2 --report-directory=${reports}`,
  }
  withKey = { ...environment, YARDMASTER_KEY: keyText }
  vi.stubEnv('YARDMASTER_DIR', yardmaster.directory)
})
afterEach(() => yardmaster[Symbol.dispose]())

const run = (args: string[], given = environment) => yardmaster.run(args, '1\n2\n3\n', given)

/** What every command so far has written, byte for byte. */
function outputs(): string[] {
  return yardmaster.started.flatMap(({ bytes }) => secretsIn(Buffer.concat(bytes)))
}

/** Of these processes, what others can see; the environment of all but those that were given the key in it. */
function seenOf(pids: readonly number[], given: readonly number[]): string[] {
  return pids.flatMap((pid) => [
    ...secretsIn(processFile(pid, 'cmdline')),
    ...(given.includes(pid) ? [] : secretsIn(processFile(pid, 'environ'))),
  ])
}

/** The files in which a secret lies, with their modes. */
function files(): Record<string, string> {
  const found = filesBelow(yardmaster.folder).filter(({ secrets }) => secrets.length > 0)
  return Object.fromEntries(found.map(({ path, mode }) => [path.slice(yardmaster.folder.length + 1), mode]))
}

async function reportsOf(pids: readonly number[]): Promise<string> {
  const folder = join(yardmaster.folder, 'reports')
  for (const pid of pids) process.kill(pid, 'SIGUSR2')
  const whole = () => {
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    return texts.length === pids.length && texts.every((text) => text.trimEnd().endsWith('}')) ? texts : undefined
  }
  return (await vi.waitUntil(whole, { timeout: 30_000, interval: 50 })).join('\n')
}

// What is done with a key does not depend on the other two.
describe.each(scaled(['ws', 'tcp', 'wss', 'tcps'], ['tcps']))('over %s', (scheme) => {
  test('a controller, its engines, those that join it, and who fails to', { timeout: 240_000 }, async () => {
    const store = join(yardmaster.folder, 'store')
    const place = ['--listen', `${scheme}://127.0.0.1:0`, '--store', store]
    const controller = yardmaster.spawn(
      ['--verbose', 'controller', '-n', '1', '--log-level', 'debug', ...place],
      withKey,
    )
    await controller.says(/more engines: yardmaster engine\b/, 'stderr')
    const { addresses } = JSON.parse(readFileSync(yardmaster.path('default.json'), 'utf8')) as { addresses: [string] }
    const byName = yardmaster.spawn(['engine'], environment)
    const byAddress = yardmaster.spawn(['engine', '--address', addresses[0]], withKey)
    await Promise.all([byName, byAddress].map((engine) => engine.says(/joined/, 'stderr')))
    const client = await Client.connect(addresses[0], { key })
    await client.waitForEngines(3)
    // The environment in which tasks run, of all three kinds of engines.
    const around = client.directView().apply(async () => {
      const { inspect } = await import('node:util')
      return inspect([process.env, process.argv, process.execArgv], { maxArrayLength: 1_000 })
    })
    const environments = await around
    expect(environments).toHaveLength(3)
    for (const text of environments) expect([text.includes('TMPDIR'), secretsIn(text)]).toEqual([true, []])
    await client.close()
    expect(lines((await run(['map', tasks, '--cluster', 'default'])).stdout)).toEqual([1, 4, 9])
    expect((await run(['--verbose', 'status'])).code).toBe(0)
    expect((await run(['status', '--json'])).code).toBe(0)

    const all = [controller, byName, byAddress].flatMap(({ pid }) => family(pid)).map(({ pid }) => pid)
    expect(all).toHaveLength(4)
    // Where the system shows it, the search sees it where it must be.
    if (existsSync('/proc/self/environ')) {
      expect(secretsIn(processFile(controller.pid, 'environ'))).toContain('the key, in base64url')
    }
    expect(seenOf(all, [controller.pid, byAddress.pid])).toEqual([])
    expect(secretsIn(await reportsOf(all))).toEqual([])
    expect(files()).toEqual({ 'clusters/default.json': '600', 'store/controller.json': '600' })

    const refused = [
      await run(['--verbose', 'engine', '--address', addresses[0]], { ...environment, YARDMASTER_KEY: wrong }),
      await run(['--verbose', 'controller', '--name', 'other', '--listen', addresses[0]], withKey),
      await run(['--verbose', 'controller', '--name', 'other', '--store', store], withKey),
      await run(['--verbose', 'controller'], withKey),
    ]
    for (const { code, stderr } of refused)
      expect([stderr, code]).toEqual([expect.stringMatching(/\[YM_\w+\]/), expect.any(Number)])
    expect(refused.map(({ code }) => code)).not.toContain(0)

    controller.kill('SIGKILL')
    await controller.over
    const lost = await run(['--verbose', 'engine', '--file', yardmaster.path('default.json')])
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('[YM_UNREACHABLE]') })
    expect((await run(['--verbose', 'status'])).code).toBe(2)
    for (const engine of [byName, byAddress]) engine.kill('SIGINT')
    await Promise.all([byName, byAddress].map(({ over }) => over))
    expect(outputs()).toEqual([])
    expect(files()).toEqual({ 'clusters/default.json': '600', 'store/controller.json': '600' })
  })
})

test('a cluster in the background, whose environment does not have it either', { timeout: 120_000 }, async () => {
  const started = await run(['--verbose', 'start', '--json', '-n', '1'], withKey)
  expect(started).toMatchObject({ code: 0, stderr: '' })
  const { pid } = JSON.parse(started.stdout) as { pid: number }
  expect(JSON.parse(readFileSync(yardmaster.path('default.json'), 'utf8'))).toMatchObject({ key: keyText })
  const all = family(pid).map(({ pid }) => pid)
  expect(all).toHaveLength(2)
  expect(seenOf(all, [])).toEqual([])
  expect(files()).toEqual({ 'clusters/default.json': '600' })
  expect((await run(['map', tasks, '--cluster', 'default'], withKey)).code).toBe(0)
  expect((await run(['start'], withKey)).code).toBe(2)
  expect((await run(['stop'], withKey)).code).toBe(0)
  expect([outputs(), files()]).toEqual([[], {}])
})

test('a map with engines of its own, which do not have it', { timeout: 120_000 }, async () => {
  for (const kind of ['process', 'thread']) {
    const map = yardmaster.spawn(['map', `${tasks}#sleep`, '-n', '2', '--engine-kind', kind, '--unordered'], withKey)
    map.stdin.write('1\n')
    await map.says(/"value":1}\n/)
    const all = family(map.pid).map(({ pid }) => pid)
    expect(all).toHaveLength(kind === 'process' ? 3 : 1)
    expect(seenOf(all, [map.pid])).toEqual([])
    map.stdin.end()
    expect((await map.over).code).toBe(0)
  }
  expect([outputs(), files()]).toEqual([[], {}])
})

test('what is wrong with a key or a connection file is told without it', { timeout: 120_000 }, async () => {
  const content = { version: 1, cluster: 'default', addresses: ['ws://127.0.0.1:1'], key: keyText, pid: process.pid }
  const write = (name: string, text: string, mode = 0o600) => {
    const path = join(yardmaster.folder, name)
    writeFileSync(path, text, { mode })
    return path
  }
  const engine = (file: string) => run(['--verbose', 'engine', '--file', file])
  const failed = [
    await engine(write('cut.json', JSON.stringify(content).slice(0, -3))),
    await engine(write('open.json', JSON.stringify(content), 0o644)),
    await engine(write('new.json', JSON.stringify({ ...content, version: 2 }))),
    await engine(write('nowhere.json', JSON.stringify({ ...content, addresses: [`pigeon://${'x'.repeat(9)}`] }))),
    await engine(write('short.json', JSON.stringify({ ...content, key: keyText.slice(1) }))),
    await engine(write('dead.json', JSON.stringify(content))),
  ]
  for (const command of [['engine', '--address', 'ws://127.0.0.1:1'], ['controller'], ['start']]) {
    for (const text of [`${keyText}x`, Buffer.from(key).toString('hex'), Buffer.from(key).toString('base64')]) {
      failed.push(await run(['--verbose', ...command], { ...environment, YARDMASTER_KEY: text }))
    }
  }
  for (const { code, stderr } of failed)
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(/\[YM_\w+\]/)])
  expect(failed.map(({ code }) => code)).not.toContain(0)
  for (const command of commands) expect((await run([command, '--help'], withKey)).code).toBe(0)
  expect((await run(['--help'], withKey)).code).toBe(0)
  expect((await run(['controller', '--nonsense'], withKey)).code).toBe(2)
  expect(outputs()).toEqual([])
})
