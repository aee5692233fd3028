import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Client } from 'yardmaster'
import { Yardmaster } from './yardmaster.ts'

interface Line {
  readonly level: string
  readonly time: string
  readonly pid: number
  readonly msg: string
  readonly [field: string]: unknown
}

let yardmaster: Yardmaster
beforeEach(() => {
  yardmaster = new Yardmaster()
  vi.stubEnv('YARDMASTER_DIR', yardmaster.directory)
})
afterEach(() => yardmaster[Symbol.dispose]())

/** Each line has to be an object. */
const parse = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

test('what a controller and an engine log where no terminal is, is lines of JSON with levels and fields', async () => {
  const controller = yardmaster.spawn(['controller', '--log-level', 'debug'])
  await controller.says(/more engines/, 'stderr')
  const engine = yardmaster.spawn(['engine'])
  await engine.says(/joined/, 'stderr')
  const client = await Client.connect()
  const { session } = client
  await client.close()
  await controller.says(/client \w+ left/, 'stderr')
  engine.kill('SIGKILL')
  await controller.says(/engine 0 was lost/, 'stderr')
  controller.kill('SIGINT')
  expect((await controller.over).code).toBe(0)

  const lines = parse(controller.stderr)
  for (const line of lines) {
    expect(line).toMatchObject({ cluster: 'default', pid: controller.pid, msg: expect.any(String) })
    expect(new Date(line.time).toISOString()).toBe(line.time)
  }
  const told = (text: RegExp) => lines.find(({ msg }) => text.test(msg))
  expect(told(/^engine 0 joined/)).toMatchObject({ level: 'info', engine: 0, kind: 'process', enginePid: engine.pid })
  expect(told(/^client \w+ joined/)).toMatchObject({ level: 'info', client: session })
  expect(told(/^client \w+ left/)).toMatchObject({ level: 'debug', client: session })
  expect(told(/^engine 0 was lost/)).toMatchObject({ level: 'warn', engine: 0, reason: expect.any(String) })
  expect(parse(engine.stderr)).toMatchObject([{ level: 'info', engines: '0', pid: engine.pid }])
})

test('--log-level leaves out what is below, and --log-format text prints for people', async () => {
  const controller = yardmaster.spawn(['controller', '--log-level', 'warn', '--log-format', 'text', '-n', '1'])
  await vi.waitUntil(() => yardmaster.files.includes('default.json'), { timeout: 30_000 })
  const client = await Client.connect()
  const dies = client
    .loadBalancedView()
    .with({ retryOnEngineLoss: false })
    .apply(() => process.kill(process.pid, 9))
  await expect(dies).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
  await controller.says(/it is started anew/, 'stderr')
  await client.waitForEngines(1, 30_000)
  await client.close()
  controller.kill('SIGINT')
  await controller.over
  const [first, second, ...others] = controller.stderr.trimEnd().split('\n')
  expect([first, second].sort()).toEqual([
    expect.stringMatching(/^engine 0 of the pool ended: /),
    expect.stringMatching(/^engine 0 was lost: /),
  ])
  expect(others).toEqual([])
})

test('the log of a cluster in the background is lines of JSON, too', async () => {
  const started = await yardmaster.run(['start', '--json', '-n', '1'])
  const { logFile, pid } = JSON.parse(started.stdout) as { logFile: string; pid: number }
  expect((await yardmaster.run(['stop'])).code).toBe(0)
  const lines = parse(readFileSync(logFile, 'utf8'))
  expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining([expect.stringMatching(/is ready/), 'stopped']))
  for (const line of lines) expect(line).toMatchObject({ cluster: 'default', pid })
})

test('an unknown level is an error of use', async () => {
  const { code, stderr } = await yardmaster.run(['controller', '--log-level', 'loud'])
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--log-level.*debug, info, warn, error, silent/)])
})
