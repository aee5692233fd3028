/** A client that reaches a cluster through the system's OpenSSH: a real sshd on loopback, real processes. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'
import { type ConnectionFile, writeConnectionFile } from '../../cluster/connection-file.ts'
import { freePort } from '../free-port.ts'
import { scaled } from '../scale.ts'
import { killChildren, watched } from './children.ts'
import { passphrase, processes, Sshd, withoutSshd } from './sshd.ts'
import { followTutorial } from './tutorial-steps.ts'

if (withoutSshd) process.stderr.write(`skipped: a client over ssh, since ${withoutSshd}\n`)

const program = fileURLToPath(new URL('./programs/ssh-client.mjs', import.meta.url))
const keyText = Buffer.alloc(32, 7).toString('base64url')

/** Of what tunnels need on this machine. */
let temporary: string
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'ssh-test-'))
  vi.stubEnv('TMPDIR', temporary)
})
afterEach(() => {
  killChildren()
  rmSync(temporary, { recursive: true, force: true })
})

/** As a cluster that was started at the far end does. */
async function publish(sshd: Sshd, content: Partial<ConnectionFile>): Promise<string> {
  const path = join(sshd.clusters, `${content.cluster ?? 'default'}.json`)
  const file = {
    version: 1 as const,
    cluster: 'default',
    addresses: ['ws://127.0.0.1:1'],
    key: keyText,
    pid: process.pid,
  }
  await writeConnectionFile(path, { ...file, ...content })
  return path
}

async function startCluster(sshd: Sshd, options: LocalClusterOptions): Promise<Cluster> {
  const cluster = await Cluster.start({ engines: 4, engineKind: 'thread', heartbeatMs: 1_000, ...options })
  const key = Buffer.from(cluster.key).toString('base64url')
  await publish(sshd, { cluster: cluster.name, addresses: [...cluster.addresses], key })
  return cluster
}

/** Answers nobody, as a machine behind a broken network. */
async function silentServer(port = 0): Promise<AsyncDisposable & { server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

const rejection = (promise: Promise<unknown>): Promise<Error & { code: string }> =>
  promise.then(
    () => {
      throw new Error('it did not reject')
    },
    (error) => error,
  )

// Debian installs it with `apt-get install openssh-server`, and the build does.
describe.skipIf(withoutSshd)('a client over ssh (needs sshd)', () => {
  const links: [string, LocalClusterOptions][] = [
    ['WebSocket', { transport: 'websocket' }],
    ['ZeroMQ, encrypted', { transport: 'tcps://127.0.0.1:0' }],
    ['ZeroMQ', { transport: 'zeromq' }],
    ['WebSocket, encrypted', { transport: 'wss://127.0.0.1:0' }],
    ['WebSocket at all addresses', { transport: 'ws://0.0.0.0:0' }],
  ]
  it.each(scaled(links, links.slice(0, 2)))(
    'follows the tutorial over %s, and leaves nothing',
    async (_name, options) => {
      await using sshd = await Sshd.start()
      await using _cluster = await startCluster(sshd, options)
      const client = await Client.connect(sshd.address())
      expect(sshd.clients).toHaveLength(1)
      // Ctrl-C at a terminal goes to a whole group of processes; the client needs its link to leave in order.
      const group = (pid: number) => execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' })
      expect(group(sshd.clients[0] as number)).not.toBe(group(process.pid))
      // Nobody else can come this way: there is no socket any more.
      expect(readdirSync(temporary)).toEqual([])
      await followTutorial(client)
      const bytes = new Uint8Array(5_000_000).fill(3)
      const sent = await client.loadBalancedView().apply((array: Uint8Array) => array.map((x) => x + 1), bytes)
      expect([sent.length, sent.every((x) => x === 4)]).toEqual([5_000_000, true])
      await client.close()
      expect(sshd.clients).toEqual([])
    },
  )

  it('reaches a socket with a path, a cluster by its name, and one by its file', async () => {
    await using sshd = await Sshd.start()
    const transport = `ipc://${join(sshd.folder, 'a:b.sock')}` as const
    await using cluster = await startCluster(sshd, { name: 'nightly', transport })
    const file = join(sshd.clusters, 'nightly.json')
    for (const which of [{ cluster: 'nightly' }, { file }]) {
      await using client = await Client.connect({ ...sshd.address(), ...which })
      expect(await client.loadBalancedView().apply(() => 'here')).toBe('here')
    }
    await using client = await Client.connect({ ...sshd.address(), file }, { key: cluster.key })
    expect(client.ids).toHaveLength(4)
    const wrong = Client.connect({ ...sshd.address(), file }, { key: new Uint8Array(32) })
    expect(await rejection(wrong)).toMatchObject({
      code: 'YM_AUTHENTICATION',
      message: expect.stringContaining(`${file} on yard`),
    })
    expect(sshd.clients).toHaveLength(1)
  })

  it('finds what a login shell prints before, and finds the folders without YARDMASTER_DIR', async () => {
    // It goes with the rest.
    const home = mkdtempSync(join(temporary, 'home-'))
    const command = `echo '{ welcome }'; unset YARDMASTER_DIR XDG_RUNTIME_DIR; export HOME='${home}'; cd; exec sh`
    await using sshd = await Sshd.start([`ForceCommand ${command}`])
    await using cluster = await Cluster.start({ engines: 1, engineKind: 'thread', transport: 'websocket' })
    const key = Buffer.from(cluster.key).toString('base64url')
    const content = { version: 1 as const, cluster: 'mine', addresses: [...cluster.addresses], key, pid: process.pid }
    for (const [folder, which] of [
      ['.yardmaster', { cluster: 'mine' }],
      ["it's here", { file: "~/it's here/mine.json" }],
      ['sub/folder', { file: 'sub/folder/mine.json' }],
    ] as const) {
      await writeConnectionFile(join(home, folder, 'mine.json'), content)
      await using client = await Client.connect({ ...sshd.address(), ...which })
      expect(await client.loadBalancedView().apply(() => 'home')).toBe('home')
      rmSync(join(home, folder), { recursive: true })
    }
  })

  it.each(['websocket', 'zeromq'] as const)(
    'reconnects over %s when ssh is killed in the middle of the work, and every result arrives',
    async (transport) => {
      await using sshd = await Sshd.start()
      await using cluster = await startCluster(sshd, { transport })
      await using client = await Client.connect(sshd.address())
      const items = Array.from({ length: 400 }, (_, i) => i)
      const slow = async (x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 10))
        return x * x
      }
      const result = client.loadBalancedView().with({ chunk: 1 }).map(slow, items)
      const results = result.get()
      // Once the near end, once the far one.
      for (const [done, pids] of [
        [50, () => sshd.clients],
        [150, () => sshd.sessions],
      ] as const) {
        await until(() => result.progress.done >= done)
        for (const pid of pids()) process.kill(pid, 'SIGKILL')
        await until(() => client.status === 'reconnecting')
        await until(() => client.status === 'ready')
        expect(result.progress.done).toBeLessThan(items.length)
      }
      expect(await results).toEqual(items.map((x) => x * x))
      const records = await (await cluster.connect()).query({ client: client.session })
      expect(records.map(({ attempts }) => attempts)).toEqual(items.map(() => 1))
      expect(sshd.clients).toHaveLength(1)
    },
  )

  it('makes a new way where the old one has fallen silent, and ends the old one', async () => {
    await using sshd = await Sshd.start()
    await using _cluster = await startCluster(sshd, { transport: 'websocket', heartbeatMs: 200 })
    await using client = await Client.connect(sshd.address())
    const [old] = sshd.clients
    for (const pid of sshd.sessions) process.kill(pid, 'SIGSTOP')
    expect(await client.loadBalancedView().apply(() => 'anew')).toBe('anew')
    expect(sshd.clients).toHaveLength(1)
    expect(sshd.clients).not.toContain(old)
  })

  it('waits for a machine that is away, and closes while it is', async () => {
    await using sshd = await Sshd.start()
    await using _cluster = await startCluster(sshd, { transport: 'websocket' })
    await using client = await Client.connect(sshd.address())
    await sshd.cut()
    await until(() => client.status === 'reconnecting')
    const result = client.loadBalancedView().apply(() => 'back')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await sshd.resume()
    expect(await result).toBe('back')
    await sshd.cut()
    await using _silent = await silentServer(sshd.port)
    await until(() => client.status === 'reconnecting' && sshd.clients.length > 0)
    expect(readdirSync(temporary).map((name) => statSync(join(temporary, name)).mode & 0o777)).toEqual([0o700])
    await client.close()
    expect(sshd.clients).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
  })

  it('gives up at once when it is let in no longer: no alarm goes off', async () => {
    await using sshd = await Sshd.start()
    await using _cluster = await startCluster(sshd, { transport: 'websocket' })
    await using client = await Client.connect(sshd.address())
    const endless = client.loadBalancedView().apply(() => new Promise(() => {}))
    const failure = rejection(endless.get())
    sshd.admit('other')
    for (const pid of sshd.clients) process.kill(pid, 'SIGKILL')
    expect(await failure).toMatchObject({
      code: 'YM_AUTHENTICATION',
      message: expect.stringContaining('does not let ssh in'),
    })
    await client.close()
    expect(client.status).toBe('closed')
    expect(sshd.clients).toEqual([])
  })

  it('asks nobody, unless its options have ssh ask a program', async () => {
    await using sshd = await Sshd.start()
    await using _cluster = await startCluster(sshd, { transport: 'websocket' })
    const askpass = join(sshd.folder, 'askpass')
    writeFileSync(askpass, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 })
    vi.stubEnv('SSH_ASKPASS', askpass)
    vi.stubEnv('SSH_ASKPASS_REQUIRE', 'force')
    const { ssh, sshOptions } = sshd.address('locked')
    expect(await rejection(Client.connect({ ssh, sshOptions }))).toMatchObject({ code: 'YM_AUTHENTICATION' })
    await using client = await Client.connect({ ssh, sshOptions: [...sshOptions, '-o', 'BatchMode=no'] })
    expect(client.ids).toHaveLength(4)
  })

  it('shows the key in no command line, and no error', async () => {
    await using sshd = await Sshd.start()
    await using cluster = await startCluster(sshd, { transport: 'websocket' })
    const key = Buffer.from(cluster.key).toString('base64url')
    const seen = new Set<string>()
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        for (const { args } of processes()) seen.add(args)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    let error: Error & { code: string }
    try {
      for (let i = 0; i < 3; i += 1) await (await Client.connect(sshd.address())).close()
      await cluster.stop()
      error = await rejection(Client.connect(sshd.address()))
    } finally {
      isOver = true
      await watching
    }
    const ours = [...seen].filter((args) => args.includes(sshd.folder) || args.includes(temporary))
    expect(ours.length).toBeGreaterThan(0)
    expect([...seen].filter((args) => args.includes(key))).toEqual([])
    expect(error.code).toBe('YM_UNREACHABLE')
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(key)
  })

  it.each(['exit', 'SIGTERM', 'SIGKILL'] as const)('leaves no ssh when its program ends by %s', async (ending) => {
    await using sshd = await Sshd.start()
    await using _cluster = await startCluster(sshd, { transport: 'websocket' })
    const args = [program, JSON.stringify(sshd.address()), ending]
    const child = watched(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    const exited = once(child, 'exit')
    const [line] = await once(child.stdout, 'data')
    expect(JSON.parse(line)).toEqual([1, 4, 9])
    if (ending !== 'exit') child.kill(ending)
    await exited
    await until(() => sshd.clients.length === 0)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('says what is wrong with the way there', async () => {
    await using sshd = await Sshd.start()
    await publish(sshd, {})
    const closed = String(await freePort())
    await using silent = await silentServer()
    const silentPort = String((silent.server.address() as { port: number }).port)
    const { sshOptions } = sshd.address()
    const touched = join(sshd.folder, 'touched')
    const cases: [Parameters<typeof Client.connect>, string, RegExp][] = [
      [
        [sshd.address('stranger')],
        'YM_AUTHENTICATION',
        /stranger does not let ssh in.*key or an agent.*Permission denied \(publickey/,
      ],
      [[sshd.address('unknown')], 'YM_AUTHENTICATION', /does not trust the key of unknown.*ssh unknown/],
      [[{ ssh: 'yard', sshOptions: [...sshOptions, '-p', closed] }], 'YM_UNREACHABLE', /does not reach yard.*refused/],
      [[{ ssh: 'no.such.host.invalid', sshOptions }], 'YM_UNREACHABLE', /no\.such\.host\.invalid/],
      [
        [{ ssh: 'yard', sshOptions: [...sshOptions, '-p', silentPort] }, { connectTimeoutMs: 700 }],
        'YM_UNREACHABLE',
        /yard.*(700 ms.*connectTimeoutMs|timed out)/,
      ],
      [[{ ssh: 'yard', sshOptions: [...sshOptions, '-o', 'Nonsense=1'] }], 'YM_CONFIGURATION', /options.*Nonsense/i],
      [[{ ssh: `-oProxyCommand=touch ${touched}`, sshOptions }], 'YM_CONFIGURATION', /is no host/],
      [[{ ssh: '-V', sshOptions }], 'YM_CONFIGURATION', /is no host/],
      [[{ ssh: `yard;touch ${touched}`, sshOptions }], 'YM_CONFIGURATION', /is no host/],
      [[{ ssh: '', sshOptions }], 'YM_CONFIGURATION', /is no host/],
      [[{ ssh: 'yard', sshOptions, cluster: `$(touch ${touched})` }], 'YM_CONFIGURATION', /cluster's name/],
      [[{ ssh: 'yard', sshOptions, file: 'a\nb' }], 'YM_CONFIGURATION', /is no path/],
      [[{ ssh: 'yard', sshOptions, file: `$(touch ${touched})'` }], 'YM_CONFIGURATION', /there is no connection file/],
    ]
    for (const [args, code, message] of cases) {
      const error = await rejection(Client.connect(...args))
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    }
    expect(existsSync(touched)).toBe(false)
    vi.stubEnv('PATH', temporary)
    const error = await rejection(Client.connect(sshd.address()))
    vi.unstubAllEnvs()
    expect(error).toMatchObject({ code: 'YM_TRANSPORT_UNAVAILABLE', message: expect.stringMatching(/openssh-client/) })
    expect(sshd.clients).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
  })

  it('says what is wrong at the far end', async () => {
    await using sshd = await Sshd.start()
    const missing = join(sshd.clusters, 'default.json')
    const noFile = await rejection(Client.connect(sshd.address()))
    expect(noFile.code).toBe('YM_CONFIGURATION')
    expect(noFile.message).toContain(
      `there is no connection file ${missing} on yard. Start a cluster there, yardmaster start`,
    )
    await publish(sshd, { cluster: 'nightly' })
    const other = await rejection(Client.connect({ ...sshd.address(), cluster: 'daily' }))
    expect(other.message).toMatch(/daily\.json on yard\. Others are there: nightly\. .*yardmaster start --name daily/)
    const path = await publish(sshd, {})
    const stale = await rejection(Client.connect(sshd.address()))
    expect(stale).toMatchObject({
      code: 'YM_UNREACHABLE',
      message: expect.stringMatching(
        /nobody answers at ws:\/\/127\.0\.0\.1:1 on yard.*default\.json.*yardmaster start.*refused/,
      ),
    })
    for (const addresses of [['memory:there'], ['ipc://relative/path'], ['mine://host:1']]) {
      await publish(sshd, { addresses })
      const lost = await rejection(Client.connect(sshd.address()))
      expect(lost).toMatchObject({ code: 'YM_ADDRESS', message: expect.stringContaining(addresses[0] as string) })
    }
    chmodSync(path, 0o644)
    const loose = await rejection(Client.connect(sshd.address()))
    expect(loose).toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringMatching(/on yard can be read by others/),
    })
    rmSync(path)
    mkdirSync(path)
    expect((await rejection(Client.connect(sshd.address()))).message).toContain('there is no connection file')
    expect(sshd.clients).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
  })

  it.each([
    ['AllowTcpForwarding no', 'ws://127.0.0.1:1', 'YM_CONFIGURATION', /ssh in, but not through.*AllowTcp.*prohibited/],
    ['PermitOpen 127.0.0.1:2', 'tcp://127.0.0.1:1', 'YM_CONFIGURATION', /ssh in, but not through.*PermitOpen.*prohib/],
    ['AllowStreamLocalForwarding no', 'ipc:///no.sock', 'YM_UNREACHABLE', /no\.sock.*AllowStreamLocal.*open failed/],
  ])('says that sshd does not forward: %s', async (line, address, code, message) => {
    await using sshd = await Sshd.start([line])
    await publish(sshd, { addresses: [address] })
    const error = await rejection(Client.connect(sshd.address()))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(sshd.clients).toEqual([])
  })

  it('says that there is no sh', async () => {
    await using sshd = await Sshd.start(['ForceCommand echo only this; exit 3'])
    const error = await rejection(Client.connect(sshd.address()))
    expect(error).toMatchObject({ code: 'YM_CONFIGURATION', message: expect.stringMatching(/no `sh` there.*with 3/) })
    expect(sshd.clients).toEqual([])
  })
})
