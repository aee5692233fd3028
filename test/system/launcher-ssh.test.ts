/** Engines on machines behind ssh: a real sshd on loopback, the system's ssh, real processes, `kill -9`. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { Cluster, type ClusterOptions } from 'yardmaster'
import { launcherSuite } from 'yardmaster/testing'
import { freePort } from '../free-port.ts'
import { demo, demoStages } from './demo.ts'
import { endlessMap } from './endless-map.ts'
import { createLauncher } from './from-dist.ts'
import { processes, Sshd, withoutSshd } from './sshd.ts'

if (withoutSshd) process.stderr.write(`skipped: engines over ssh, since ${withoutSshd}\n`)

const remoteCommand = `${process.execPath} ${fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))}`

/** On a busy machine that starts many engines at a time. It ends what hangs. */
const patienceMs = 180_000

/** Of what tunnels need on this machine. */
let temporary: string
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'launcher-ssh-'))
  vi.stubEnv('TMPDIR', temporary)
})
afterEach(() => rmSync(temporary, { recursive: true, force: true }))

const hostsOf = (sshd: Sshd) => ({ hosts: [sshd.address()], remoteCommand })

describe.skipIf(withoutSshd)('engines over ssh', () => {
  launcherSuite({
    name: 'ssh',
    runner: { describe, test },
    setup: async () => {
      const sshd = await Sshd.start()
      return {
        launcher: await createLauncher('ssh', hostsOf(sshd)),
        broken: {
          launcher: await createLauncher('ssh', { ...hostsOf(sshd), remoteCommand: '/no/such/yardmaster' }),
          words:
            /yard has no command `\/no\/such\/yardmaster`: install Yardmaster there \(npm install.*remoteCommand.*\/no\/such\/yardmaster: (not found|No such file)/,
        },
        end: async () => {
          // The daemon's own process for a login ends a little later than the login.
          await expect.poll(() => sshd.clients).toEqual([])
          expect(readdirSync(temporary)).toEqual([])
          await sshd[Symbol.asyncDispose]()
        },
      }
    },
  })

  it('4 engines run a map, scaled to 8 and to 2 under load, while an engine and an ssh are killed: nothing is lost', async () => {
    await using one = await Sshd.start()
    await using two = await Sshd.start()
    const told: string[] = []
    await using cluster = await Cluster.start({
      launcher: 'ssh',
      hosts: [one.address(), two.address()],
      remoteCommand,
      engines: 4,
      heartbeatMs: 1_000,
      log: (level, line) => level === 'warn' && told.push(line),
    })
    const client = await cluster.connect()
    const load = endlessMap(client.loadBalancedView(), (x) => new Promise((resolve) => setTimeout(resolve, 40, x * x)))
    await cluster.scale(8)
    expect(cluster.engines).toHaveLength(8)
    expect(new Set(cluster.engines.map(({ kind }) => kind))).toEqual(new Set(['ssh']))
    const [victim] = cluster.engines
    process.kill(victim?.pid as number, 'SIGKILL')
    await expect.poll(() => cluster.engines.some(({ id }) => id === victim?.id)).toBe(false)
    await expect.poll(() => cluster.engines.length).toBe(8)
    // The login at one of the machines, with the engines there.
    const before = new Set(cluster.engines.map(({ id }) => id))
    process.kill(two.clients[0] as number, 'SIGKILL')
    await expect.poll(() => cluster.engines.filter(({ id }) => before.has(id)).length).toBe(4)
    await expect.poll(() => cluster.engines.length).toBe(8)
    await cluster.scale(2)
    // One that had lost its link meanwhile may stand in the list until its last link is seen to be gone.
    await expect.poll(() => cluster.engines.length).toBe(2)
    const results = await load.end()
    expect(results).toEqual(results.map((_, x) => x * x))
    expect(told.filter((line) => line.includes('SIGKILL'))).toHaveLength(1)
    expect(told.filter((line) => line.includes('ssh to yard has ended, and its engines with it'))).toHaveLength(4)
    const pids = cluster.engines.map(({ pid }) => pid)
    await cluster.stop()
    await expect.poll(() => processes().filter(({ pid }) => pids.includes(pid))).toEqual([])
    expect([one.clients, two.clients]).toEqual([[], []])
  })

  it('the demo runs on 4 of them, which become 8 and then 2', { timeout: patienceMs }, async () => {
    await using one = await Sshd.start()
    await using two = await Sshd.start()
    const options = { hosts: [one.address(), two.address()], remoteCommand }
    expect(await demo('ssh', options)).toEqual(demoStages('ssh'))
    await expect.poll(() => [one.clients, two.clients]).toEqual([[], []])
  })

  it('engines are spread evenly, within what each host takes; at an address they need no tunnel', async () => {
    await using one = await Sshd.start(['AllowTcpForwarding no'])
    await using two = await Sshd.start()
    const hosts = [{ ...one.address(), engines: 1 }, two.address()]
    const direct = { launcher: 'ssh', remoteCommand, remoteLink: 'direct', transport: 'ws://127.0.0.1:0' } as const
    await using cluster = await Cluster.start({ ...direct, hosts, engines: 3 })
    expect([one.clients.length, two.clients.length]).toEqual([1, 1])
    const ofOne = one.sessions
    const parents = new Map(processes().map(({ pid, parent }) => [pid, parent]))
    const isOn = (sessions: readonly number[], pid: number) => {
      for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
        if (sessions.includes(at)) return true
      return false
    }
    expect(cluster.engines.filter(({ pid }) => isOn(ofOne, pid))).toHaveLength(1)
    await expect(
      Cluster.start({ launcher: 'ssh', hosts: [{ ...two.address(), engines: 2 }], remoteCommand, engines: 3 }),
    ).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringMatching(/hosts take 2 engines at most/),
    })
  })

  it('a host that cannot be had is left to the others', async () => {
    await using one = await Sshd.start()
    await using two = await Sshd.start()
    const told: string[] = []
    await using cluster = await Cluster.start({
      launcher: 'ssh',
      hosts: [one.address(), two.address()],
      remoteCommand,
      engines: 2,
      log: (level, line) => level === 'warn' && told.push(line),
    })
    const firsts = cluster.engines.map(({ id }) => id)
    await two.cut()
    await expect.poll(() => cluster.engines.filter(({ id }) => !firsts.includes(id)).length).toBe(1)
    expect(one.clients).toHaveLength(1)
    expect(told.join('\n')).toMatch(/ssh does not reach yard/)
  })

  it('says what is wrong, and leaves nothing', async () => {
    await using sshd = await Sshd.start()
    await using closed = await Sshd.start(['AllowTcpForwarding no'])
    const touched = join(sshd.folder, 'touched')
    const { sshOptions } = sshd.address()
    const port = String(await freePort())
    const cases: [Partial<ClusterOptions> & object, string, RegExp][] = [
      [{ hosts: [sshd.address('stranger')] }, 'YM_AUTHENTICATION', /stranger does not let ssh in/],
      [
        { hosts: [{ ssh: 'yard', sshOptions: [...sshOptions, '-p', port] }] },
        'YM_UNREACHABLE',
        /does not reach yard.*refused/,
      ],
      [{ hosts: ['no.such.host.invalid'], sshOptions }, 'YM_UNREACHABLE', /no\.such\.host\.invalid/],
      [
        { hosts: ['yard'], sshOptions, remoteCommand: 'yardmaster-that-is-not-there' },
        'YM_ENGINE_START',
        /install Yardmaster there.*not found/,
      ],
      [
        { hosts: ['yard'], sshOptions, remoteCommand: 'false' },
        'YM_ENGINE_START',
        /`false launch-agent` on yard ended with 1/,
      ],
      [
        { hosts: ['yard'], sshOptions, remoteCommand: 'sleep 60 #', loginTimeoutMs: 1_500 },
        'YM_ENGINE_START',
        /not there within 1500 ms/,
      ],
      [
        { hosts: ['yard'], sshOptions: closed.address().sshOptions },
        'YM_CONFIGURATION',
        /not through.*AllowTcpForwarding|does not lead from there/,
      ],
      [{ hosts: [`yard;touch ${touched}`], sshOptions }, 'YM_CONFIGURATION', /is no host/],
      [{ hosts: ['yard'], sshOptions, transport: 'ipc:///tmp/no.sock' }, 'YM_ADDRESS', /ssh does not lead back to ipc/],
    ]
    for (const [options, code, message] of cases) {
      const start = Cluster.start({ launcher: 'ssh', engines: 1, remoteCommand, ...options } as ClusterOptions)
      await expect(start).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    }
    expect(existsSync(touched)).toBe(false)
    expect([sshd.clients, closed.clients]).toEqual([[], []])
    expect(readdirSync(temporary)).toEqual([])
  })
})
