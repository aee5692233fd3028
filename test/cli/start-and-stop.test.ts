import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client } from 'yardmaster'
import { family, gone, isThere, keyIn, type ProcessFacts, type Running, Yardmaster } from './yardmaster.ts'

interface Started {
  readonly name: string
  readonly pid: number
  readonly engines: number
  readonly addresses: readonly string[]
  readonly connectionFile: string
  readonly logFile: string
}

const tasks = 'programs/tasks.js'
let yardmaster: Yardmaster
beforeEach(() => {
  yardmaster = new Yardmaster()
  vi.stubEnv('YARDMASTER_DIR', yardmaster.directory)
})
afterEach(() => yardmaster[Symbol.dispose]())

async function start(...args: string[]): Promise<Started> {
  const { code, stdout, stderr } = await yardmaster.run(['start', '--json', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Started
}

/** A start with two engines, which do not get ready before `letEnginesBegin`; and its processes as soon as there are so many. */
async function unfinishedStart(count: number): Promise<{ starting: Running; members: ProcessFacts[] }> {
  const wait = new URL('./programs/engines-wait.mjs', import.meta.url)
  const environment = { NODE_OPTIONS: `--import ${wait}`, ENGINES_WAIT_FOR: enginesMayBegin() }
  const starting = yardmaster.spawn(['start', '-n', '2'], environment)
  let members: ProcessFacts[] = []
  const grown = () => {
    members = family(starting.pid)
    return members.length
  }
  await expect.poll(grown, { interval: 10 }).toBeGreaterThanOrEqual(count)
  return { starting, members }
}

const enginesMayBegin = () => join(yardmaster.folder, 'engines-may-begin')
const letEnginesBegin = () => writeFileSync(enginesMayBegin(), '')

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('start', () => {
  test.for([
    ['websocket', 'process'],
    ['zeromq', 'process'],
    ['websocket', 'thread'],
  ])(
    'leaves a cluster that all programs of this user can use, until stop (%s, %s engines)',
    async ([transport, kind]) => {
      const started = await start('-n', '2', '--transport', transport as string, '--engine-kind', kind as string)
      expect(started.engines).toBe(2)
      expect(modeOf(yardmaster.directory)).toBe('700')
      expect(modeOf(started.connectionFile)).toBe('600')
      expect(modeOf(started.logFile)).toBe('600')

      const client = await Client.connect()
      expect(await client.loadBalancedView().map((x: number) => x + 1, [1, 2, 3])).toEqual([2, 3, 4])
      await client.close()
      const mapped = await yardmaster.run(['map', tasks, '--cluster', 'default'], '3\n')
      expect(mapped).toEqual({ code: 0, stdout: '9\n', stderr: '' })
      const status = await yardmaster.run(['status', '--json'])
      expect(JSON.parse(status.stdout)).toMatchObject({ pid: started.pid, engines: [{ kind }, { kind }] })

      const members = family(started.pid)
      expect(members).toHaveLength(kind === 'process' ? 3 : 1)
      const stopped = await yardmaster.run(['stop'])
      expect(stopped).toEqual({ code: 0, stdout: "cluster 'default' has stopped\n", stderr: '' })
      expect(isThere(started.pid)).toBe(false)
      await gone(members)
      expect(yardmaster.files).toEqual(['default.log'])
    },
  )

  test('says how to use, look at and stop it', async () => {
    const { stdout } = await yardmaster.run(['start', '-n', '1', '--name', 'nightly'])
    expect(stdout).toMatch(/^cluster 'nightly' is ready: 1 engine at ws:/)
    for (const command of ['map --cluster nightly', 'status --name nightly', 'stop --name nightly']) {
      expect(stdout).toContain(`yardmaster ${command}`)
    }
    const status = await yardmaster.run(['status', '--name', 'nightly'])
    expect(status.stdout).toMatch(/\nengine +kind +process +host +name +tasks +completed\n +0 {2}process /)
  })

  test('schedules by the strategy that is named', async () => {
    await start('-n', '0', '--strategy', 'powerOf3')
    const { stdout } = await yardmaster.run(['status', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ strategy: 'powerOf3' })
  })

  test('a status that nobody reads is no failure', async () => {
    await start('-n', '0')
    const unread = await yardmaster.shell('{ yardmaster status; echo "code $?" >&2; } | true')
    expect(unread).toEqual({ code: 0, stdout: '', stderr: 'code 0\n' })
  })

  test('shows the key to nobody: not in arguments, output, status or log', async () => {
    const started = await start('-n', '1')
    const key = keyIn(started.connectionFile)
    await yardmaster.run(['map', tasks, '--cluster', 'default'], '3\n')
    const status = await yardmaster.run(['status', '--verbose'])
    const commands = family(started.pid).map(({ command }) => command)
    const seen = [...commands, JSON.stringify(started), status.stdout, readFileSync(started.logFile, 'utf8')].join('\n')
    expect(key).toHaveLength(43)
    expect(seen).toContain('engine 0 joined')
    expect(seen).not.toContain(key)
    expect(seen).not.toContain(Buffer.from(key, 'base64url').toString('hex'))
  })

  test('takes a name once, and keeps clusters of other names apart', async () => {
    const [a, b] = await Promise.all([start('-n', '1', '--name', 'a'), start('-n', '0', '--name', 'b')])
    expect(keyIn(a.connectionFile)).not.toBe(keyIn(b.connectionFile))
    const again = await yardmaster.run(['start', '--name', 'a'])
    expect(again).toMatchObject({ code: 2, stdout: '' })
    expect(again.stderr).toMatch(
      /^yardmaster: a cluster named 'a' is running already .*stop --name a.*\[YM_CONFIGURATION\]\n$/,
    )
    expect((await yardmaster.run(['stop', '--name', 'a'])).code).toBe(0)
    const other = JSON.parse((await yardmaster.run(['status', '--json', '--name', 'b'])).stdout) as object
    expect(other).toMatchObject({ name: 'b', engines: [] })
    const missing = await yardmaster.run(['status', '--name', 'a'])
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toContain('Running: b.')
  })

  test.for(['nothing', 'what a dead one left'])('of two at the same time over %s, one has the name', async (before) => {
    if (before !== 'nothing') {
      const dead = await start('-n', '0')
      process.kill(dead.pid, 'SIGKILL')
      await gone([dead])
    }
    const both = await Promise.all([yardmaster.run(['start', '-n', '0']), yardmaster.run(['start', '-n', '0'])])
    expect(both.map(({ code }) => code).sort()).toEqual([0, 2])
    expect(both.find(({ code }) => code === 2)?.stderr).toContain("a cluster named 'default' is running already")
    expect((await yardmaster.run(['status'])).code).toBe(0)
    const kept = before === 'nothing' ? [] : ['default.log.old']
    expect(yardmaster.files).toEqual(['default.json', 'default.log', ...kept])
  })

  test('replaces what a dead cluster left, and keeps its log', async () => {
    const first = await start('-n', '0')
    const log = readFileSync(first.logFile, 'utf8')
    process.kill(first.pid, 'SIGKILL')
    await gone([first])
    expect(yardmaster.files).toContain('default.json')
    expect((await yardmaster.run(['status'])).code).toBe(2)
    const second = await start('-n', '0')
    expect(second.pid).not.toBe(first.pid)
    expect(yardmaster.files).toEqual(['default.json', 'default.log', 'default.log.old'])
    expect(readFileSync(yardmaster.path('default.log.old'), 'utf8')).toContain(log)
    expect((await yardmaster.run(['status'])).code).toBe(0)
  })

  test.for([
    [['--strategy', 'nonsense'], 2, /nonsense.*leastload, lru.*powerOf2.*\[YM_CONFIGURATION\]/],
    [['--name', 'no/path'], 2, /letters.*\[YM_CONFIGURATION\]/],
  ] as const)('that fails (%j) says why and leaves nothing', async ([args, code, message]) => {
    const failed = await yardmaster.run(['start', '-n', '1', ...args])
    expect(failed).toMatchObject({ code, stdout: '' })
    expect(failed.stderr).toMatch(message)
    expect(yardmaster.files).toEqual([])
  })

  test('serves again when a map on it was interrupted', async () => {
    await start('-n', '1')
    const map = yardmaster.spawn(['map', `${tasks}#sleep`, '--cluster', 'default', '--chunk', '1'])
    map.stdin.write('1\n600000\n')
    await map.says(/1\n/)
    map.kill('SIGINT')
    expect(await map.over).toMatchObject({ code: 130, stderr: '' })
    expect(await yardmaster.run(['map', tasks, '--cluster', 'default'], '3\n')).toMatchObject({ stdout: '9\n' })
  })

  // Its process, then its engines are there.
  test.for([2, 3])('that is interrupted when it consists of %i processes leaves nothing', async (count) => {
    const { starting, members } = await unfinishedStart(count)
    starting.kill('SIGINT')
    letEnginesBegin()
    expect(await starting.over).toEqual({ code: 130, stdout: '', stderr: '' })
    await gone(members)
    expect(yardmaster.files).toEqual([])
  })

  test('whose process dies names its log', async () => {
    const { starting, members } = await unfinishedStart(2)
    process.kill(members[1]?.pid as number, 'SIGKILL')
    const { code, stderr } = await starting.over
    expect(code).toBe(1)
    const [log] = yardmaster.files
    expect(log).toMatch(/^default\.log\.\d+$/)
    expect(stderr).toContain(yardmaster.path(log as string))
  })
})

describe('stop', () => {
  test('waits for tasks; --now does not', async () => {
    const { pid } = await start('-n', '1')
    const map = yardmaster.spawn(['map', `${tasks}#sleep`, '--cluster', 'default', '--chunk', '1'])
    map.stdin.end('1\n600000\n')
    await map.says(/1\n/)
    const members = family(pid)
    const late = await yardmaster.run(['stop', '--timeout', '1'])
    expect(late).toMatchObject({ code: 1, stdout: '' })
    expect(late.stderr).toMatch(/has not ended within 1 ms.*--now \[YM_TIMEOUT\]/)
    expect(isThere(pid)).toBe(true)
    expect((await yardmaster.run(['stop', '--now'])).code).toBe(0)
    await gone(members)
    expect(yardmaster.files).toEqual(['default.log'])
  })

  test('without a cluster says so', async () => {
    expect(await yardmaster.run(['stop'])).toMatchObject({
      code: 2,
      stderr: "yardmaster: no cluster named 'default' is running. Start it: yardmaster start [YM_CONFIGURATION]\n",
    })
  })

  test('--now ends no stranger whose process got the number of a dead cluster', async () => {
    const started = await start('-n', '0')
    const file = readFileSync(started.connectionFile, 'utf8')
    await yardmaster.run(['stop'])
    const stranger = spawn('sleep', ['600'])
    const pid = stranger.pid as number
    try {
      writeFileSync(started.connectionFile, file.replace(`"pid": ${started.pid}`, `"pid": ${pid}`), { mode: 0o600 })
      const refused = await yardmaster.run(['stop', '--now'])
      expect(refused).toMatchObject({ code: 2, stdout: '' })
      expect(refused.stderr).toContain(`process ${pid} is not Yardmaster’s`)
      expect(isThere(pid)).toBe(true)
    } finally {
      stranger.kill()
    }
  })
})
