/** Launchers, scaling and adapting from the command line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstValueFrom } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Client, type EngineInfo } from 'yardmaster'
import { Sshd, withoutSshd } from '../system/sshd.ts'
import { Yardmaster } from './yardmaster.ts'

let yardmaster: Yardmaster
beforeEach(() => {
  yardmaster = new Yardmaster()
  vi.stubEnv('YARDMASTER_DIR', yardmaster.directory)
})
afterEach(() => yardmaster[Symbol.dispose]())

async function enginesOf(): Promise<readonly EngineInfo[]> {
  await using client = await Client.connect()
  return firstValueFrom(client.engines$)
}

/** A task, as a file. */
function slowTask(): string {
  const path = join(yardmaster.folder, 'task.mjs')
  writeFileSync(path, 'export default (x) => new Promise((resolve) => setTimeout(resolve, 100, x + 1))\n')
  return path
}

it('scale starts engines and has others leave; status says of each where it runs', async () => {
  await yardmaster.run(['start', '-n', '1', '--launcher', 'process'])
  expect(await yardmaster.run(['scale', '3'])).toEqual({
    code: 0,
    stdout: "cluster 'default' has 3 engines\n",
    stderr: '',
  })
  expect((await enginesOf()).map(({ name }) => name).sort()).toEqual(['process-0', 'process-1', 'process-2'])
  // One that was started by hand, as a launcher of one's own would.
  const engine = yardmaster.spawn([
    'engine',
    '--launch',
    'x.1',
    '--job',
    'job 7',
    '--kind',
    'mine',
    '--engine-name',
    'seven',
  ])
  await expect.poll(async () => (await enginesOf()).length).toBe(4)
  expect((await enginesOf()).find(({ kind }) => kind === 'mine')).toMatchObject({ job: 'job 7', name: 'seven' })
  const { stdout } = await yardmaster.run(['status'])
  expect(stdout).toMatch(/\nengine +kind +process +host +job +name +tasks +completed\n/)
  expect(stdout).toMatch(/ mine +\d+ +\S+ +job 7 +seven /)
  engine.kill('SIGTERM')
  expect(await engine.over).toMatchObject({ code: 143 })
  expect(await yardmaster.run(['scale', '0'])).toMatchObject({ code: 0, stdout: "cluster 'default' has 0 engines\n" })
})

it('with --adapt engines come when there is work', async () => {
  const started = await yardmaster.run(['start', '--adapt', '0:2', '--json'])
  expect(JSON.parse(started.stdout)).toMatchObject({ engines: 0 })
  const items = Array.from({ length: 30 }, (_, x) => x)
  const mapped = await yardmaster.run(['map', slowTask(), '--cluster', 'default', '--chunk', '1'], items.join('\n'))
  expect(mapped.stdout.trim().split('\n').map(Number)).toEqual(items.map((x) => x + 1))
  expect((await enginesOf()).length).toBeGreaterThan(0)
})

describe.skipIf(withoutSshd)('over ssh', () => {
  it('engines are started on other machines, scaled, and end with their cluster', async () => {
    await using sshd = await Sshd.start()
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    const { ssh, sshOptions } = sshd.address()
    const options = { remoteCommand: `${process.execPath} ${main}`, sshOptions: JSON.stringify(sshOptions) }
    const flags = Object.entries(options).flatMap(([name, value]) => ['--launcher-option', `${name}=${value}`])
    const started = await yardmaster.run(['start', '-n', '2', '--launcher', 'ssh', '--hosts', ssh, ...flags])
    expect(started.stdout).toMatch(/^cluster 'default' is ready: 2 engines at ws:/)
    const mapped = await yardmaster.run(['map', slowTask(), '--cluster', 'default'], '1\n2\n')
    expect(mapped.stdout).toBe('2\n3\n')
    await yardmaster.run(['scale', '3'])
    expect((await enginesOf()).map(({ kind }) => kind)).toEqual(['ssh', 'ssh', 'ssh'])
    expect(sshd.clients).toHaveLength(1)
    await yardmaster.run(['stop'])
    await expect.poll(() => sshd.clients).toEqual([])
  })
})

it.for([
  [['--launcher', 'slrum'], /there is no launcher "slrum"; there are: thread, process, inline, ssh/],
  [
    ['--launcher', 'ssh', '--hosts', 'a', '--launcher-option', 'host=b'],
    /launcher ssh has no option host; there are: hosts,/,
  ],
  [['--hosts', 'a'], /--hosts is for a launcher: name one, as in --launcher ssh/],
  [['--launcher', 'process', '--engine-kind', 'thread'], /cannot be used with/],
  [['--adapt', '3:2'], /It must be MIN:MAX, as 0:16/],
] as const)('start %j says what is wrong', async ([flags, message]) => {
  const { code, stdout, stderr } = await yardmaster.run(['start', '-n', '1', ...flags])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(yardmaster.files.filter((file) => file.endsWith('.json'))).toEqual([])
})

it.for([
  [['engine', '-n', '2', '--launch', 'a'], /--launch is for one engine, and -n is 2/],
  [['scale', '1', '--name', 'other'], /no cluster named 'other' is running/],
] as const)('%j says what is wrong', async ([args, message]) => {
  const { code, stderr } = await yardmaster.run(args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})
