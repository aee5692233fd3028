/** Engines as jobs of a real Slurm on loopback: slurmctld, slurmd, munge, all started here. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cluster, type LocalClusterOptions, type SlurmOptions } from 'yardmaster'
import { Yardmaster } from '../cli/yardmaster.ts'
import { demo, demoStages } from './demo.ts'
import { endlessMap } from './endless-map.ts'
import { SlurmOnLoopback, withoutSlurm } from './slurm-on-loopback.ts'

if (withoutSlurm) process.stderr.write(`skipped: engines under Slurm, since ${withoutSlurm}\n`)

const program = fileURLToPath(new URL('./programs/slurm-allocation.mjs', import.meta.url))
/** On a busy machine that starts many engines at a time. It ends what hangs. */
const patienceMs = 180_000
const slow = async (x: number): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return x * x
}
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const squares = (count: number): number[] => range(count).map((x) => x * x)

describe.skipIf(withoutSlurm)('engines under Slurm (needs root, slurm-wlm and munge)', () => {
  let slurm: SlurmOnLoopback
  let folder: string
  let clusters: string
  const said: string[] = []

  beforeAll(async () => {
    slurm = await SlurmOnLoopback.start()
  })
  afterAll(() => slurm?.[Symbol.asyncDispose]())
  beforeEach(() => {
    vi.stubEnv('SLURM_CONF', slurm.environment.SLURM_CONF)
    folder = mkdtempSync(join(tmpdir(), 'slurm-engines-'))
    clusters = mkdtempSync(join(tmpdir(), 'slurm-clusters-'))
    vi.stubEnv('YARDMASTER_DIR', clusters)
    said.length = 0
  })
  afterEach(() => {
    for (const path of [folder, clusters]) rmSync(path, { recursive: true, force: true })
  })

  /** Its controller listens on loopback, as the one machine of this Slurm is this. */
  const start = (options: LocalClusterOptions & SlurmOptions): Promise<Cluster> =>
    Cluster.start({
      launcher: 'slurm',
      addresses: ['ws://127.0.0.1:0'],
      folder,
      pollMs: 500,
      log: (level, message) => said.push(`${level} ${message}`),
      ...options,
    })

  const nothingLeft = async (): Promise<void> => {
    await expect.poll(() => slurm.jobs()).toEqual([])
    expect(readdirSync(folder)).toEqual([])
    const notes = join(clusters, 'launched')
    expect(existsSync(notes) ? readdirSync(notes) : []).toEqual([])
  }

  it(
    '4 of them run a map, become 8 and then 2 under load, and nothing is lost',
    async () => {
      {
        await using cluster = await start({ engines: 4 })
        const client = await cluster.connect()
        await client.waitForEngines(4)
        // One submission.
        const jobs = await slurm.jobs()
        expect(jobs.map((job) => job.replace(/^\d+/, ''))).toEqual([
          '_0 RUNNING',
          '_1 RUNNING',
          '_2 RUNNING',
          '_3 RUNNING',
        ])
        expect(new Set(jobs.map((job) => job.split('_')[0])).size).toBe(1)
        const ids = jobs.map((job) => job.split(' ')[0])
        expect(cluster.engines.map(({ job }) => job).sort()).toEqual(ids)
        expect(new Set(cluster.engines.map(({ host }) => host))).toEqual(new Set([hostname()]))
        // Each says that it began, once more for each time.
        const path = join(folder, 'begun')
        const noted = async (x: number): Promise<number> => {
          const { appendFileSync } = await import('node:fs')
          appendFileSync(path, `${x}\n`)
          await new Promise((resolve) => setTimeout(resolve, 40))
          return x * x
        }
        const load = endlessMap(client.loadBalancedView(), noted)
        await cluster.scale(8)
        await client.waitForEngines(8)
        expect(await slurm.jobs()).toHaveLength(8)
        await cluster.scale(2)
        await expect.poll(() => slurm.jobs()).toHaveLength(2)
        const results = await load.end()
        expect(results).toEqual(squares(results.length))
        expect(client.ids).toHaveLength(2)
        // None was begun twice: those that left had finished.
        expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(results.length + 1)
        rmSync(path)
      }
      await nothingLeft()
      expect(said.filter((line) => line.startsWith('warn'))).toEqual([])
    },
    patienceMs,
  )

  it(
    'the demo runs on 4 of them, which become 8 and then 2',
    async () => {
      expect(await demo('slurm', { folder, pollMs: 500, addresses: ['ws://127.0.0.1:0'] })).toEqual(demoStages('slurm'))
      await nothingLeft()
    },
    patienceMs,
  )

  it('one that is cancelled from outside is noticed, its task moves on, and it is not started again', async () => {
    {
      await using cluster = await start({ engines: 2 })
      const client = await cluster.connect()
      await client.waitForEngines(2)
      const load = client.loadBalancedView().with({ chunk: 1 }).map(slow, range(200))
      for await (const _ of load) break
      const [job] = cluster.engines.map((engine) => engine.job as string)
      await slurm.ask('scancel', job as string)
      expect(await load).toEqual(squares(200))
      await expect.poll(() => said).toContainEqual(`warn job ${job} on ${hostname()} was cancelled`)
      expect(cluster.engines).toHaveLength(1)
      expect(await slurm.jobs()).toHaveLength(1)
    }
    await nothingLeft()
  })

  it('one that is killed is started again, as a job of its own', async () => {
    {
      await using cluster = await start({ engines: 2 })
      const client = await cluster.connect()
      await client.waitForEngines(2)
      const { pid, job } = cluster.engines[0] as { pid: number; job: string }
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => cluster.engines.length).toBe(1)
      await expect.poll(() => cluster.engines.length).toBe(2)
      expect(cluster.engines.map((engine) => engine.job)).not.toContain(job)
      expect(said.join('\n')).toMatch(new RegExp(`Slurm ended job ${job} on ${hostname()}: FAILED`))
    }
    await expect.poll(() => slurm.jobs()).toEqual([])
    expect(said.at(-1)).toContain('what the engines wrote is kept in')
  })

  it('one whose machine fails is started again, when there is a machine', async () => {
    await using cluster = await start({ engines: 1 })
    const client = await cluster.connect()
    await client.waitForEngines(1)
    const first = cluster.engines[0]?.job
    const machine = (state: string) =>
      slurm.ask('scontrol', 'update', `NodeName=${hostname()}`, `State=${state}`, 'Reason=test')
    await machine('DOWN')
    await expect.poll(() => said.join('\n')).toContain(`Slurm ended job ${first}`)
    expect(said.join('\n')).toContain('NODE_FAIL')
    // It may be back already, as soon as its slurmd has heard of it.
    await machine('RESUME').catch(() => {})
    await expect.poll(() => cluster.engines.map(({ job }) => job).filter((job) => job !== first)).toHaveLength(1)
    expect(await client.loadBalancedView().map(slow, range(4))).toEqual(squares(4))
  })

  it('those that wait are no failure, their reason is said, and they go when they are not wanted any more', async () => {
    {
      await using cluster = await start({ engines: 3, cpus: 8 })
      const client = await cluster.connect()
      await client.waitForEngines(2)
      await expect
        .poll(() => said.join('\n'))
        .toMatch(/info 1 engine waits in Slurm: (Resources|Priority) \(job \d+_2\)/)
      expect(await client.loadBalancedView().map(slow, range(20))).toEqual(squares(20))
      await cluster.scale(2)
      await expect.poll(() => slurm.jobs()).toHaveLength(2)
      expect(client.ids).toHaveLength(2)
    }
    await nothingLeft()
  })

  it('one that Slurm will not begin is told of with its reason', async () => {
    {
      await using _cluster = await start({ engines: 1, partition: 'short', time: 10 })
      await expect.poll(() => said.join('\n')).toMatch(/warn 1 engine waits in Slurm: PartitionTimeLimit/)
    }
    await nothingLeft()
  })

  it('what Slurm refuses is an error with its words, and leaves nothing', async () => {
    await expect(start({ engines: 1, partition: 'nowhere' })).rejects.toMatchObject({
      code: 'YM_ENGINE_START',
      message: expect.stringContaining('invalid partition specified: nowhere'),
    })
    await nothingLeft()
    vi.stubEnv('PATH', folder)
    await expect(start({ engines: 1 })).rejects.toMatchObject({
      code: 'YM_ENGINE_START',
      message: expect.stringContaining('squeue is not in the path'),
    })
    vi.unstubAllEnvs()
    await nothingLeft()
  })

  it('an engine that does not come up says why, with what its job wrote', async () => {
    await using _cluster = await start({ engines: 1, restartsMax: 0, setup: ['echo no module of this name', 'exit 3'] })
    await expect.poll(() => said.join('\n')).toMatch(/FAILED \(NonZeroExitCode\)[\s\S]*no module of this name/)
  })

  it('the key is in a file for its owner alone, and neither in the script nor on a command line', async () => {
    {
      await using cluster = await start({ engines: 1, sbatch: '--comment=tested', addresses: ['wss://127.0.0.1:0'] })
      await cluster.connect().then((client) => client.waitForEngines(1))
      const key = Buffer.from(cluster.key).toString('base64url')
      const [session] = readdirSync(folder)
      const file = join(folder, session as string, 'connection.json')
      expect(readFileSync(file, 'utf8')).toContain(key)
      expect([statSync(file).mode & 0o777, statSync(join(folder, session as string)).mode & 0o777]).toEqual([
        0o600, 0o700,
      ])
      const [job] = await slurm.jobs()
      const script = await slurm.ask(
        'scontrol',
        'write',
        'batch_script',
        (job as string).split(/[_ ]/)[0] as string,
        '-',
      )
      expect(script).toContain('#SBATCH --comment=tested')
      expect(script).toContain(file)
      const commands = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8', maxBuffer: 2 ** 25 })
      expect(commands).toContain(file)
      expect([script.includes(key), commands.includes(key)]).toEqual([false, false])
    }
    await nothingLeft()
  })

  it('`yardmaster start` has them by its options, and `yardmaster stop` cancels those of a cluster that was killed', async () => {
    using yardmaster = new Yardmaster()
    const given = ['--launcher-option', `folder=${folder}`, '--launcher-option', 'pollMs=500']
    const options = ['--json', '--launcher', 'slurm', '-n', '2', '--listen', 'ws://127.0.0.1:0', ...given]
    const started = await yardmaster.run(['start', ...options])
    expect(started).toMatchObject({ code: 0, stderr: '' })
    await expect.poll(async () => (await yardmaster.run(['status'])).stdout).toMatch(/(slurm .*\d_[01] [\s\S]*){2}/)
    const mapped = await yardmaster.run(['map', '--cluster', 'default', 'programs/tasks.js'], '1\n2\n')
    expect(mapped).toMatchObject({ code: 0, stdout: '1\n4\n' })
    process.kill(JSON.parse(started.stdout).pid, 'SIGKILL')
    expect(await slurm.jobs()).toHaveLength(2)
    const stopped = await yardmaster.run(['stop'])
    expect(stopped).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/had died; ended what it left: Slurm's jobs/),
    })
    await nothingLeft()
    expect(await yardmaster.run(['stop'])).toMatchObject({ stderr: expect.stringContaining('no cluster named') })
  })

  it('inside an allocation they are steps of it', async () => {
    const output = join(folder, 'said.json')
    const script = `#!/bin/sh\n'${process.execPath}' '${program}' '${output}' '${folder}'\n`
    const file = join(folder, 'job.sh')
    writeFileSync(file, script)
    await slurm.ask('sbatch', '--ntasks=4', `--output=${join(folder, 'job.log')}`, file)
    await expect.poll(() => slurm.jobs()).toEqual([])
    expect(existsSync(output), readFileSync(join(folder, 'job.log'), 'utf8')).toBe(true)
    const found = JSON.parse(readFileSync(output, 'utf8'))
    expect(found).toMatchObject({ results: squares(40), ids: 3, left: 1 })
    expect(found.jobs.map((job: string) => job.replace(/^\d+/, '')).sort()).toEqual(['.0', '.1', '.2'])
    rmSync(output)
    rmSync(file)
    rmSync(join(folder, 'job.log'))
    await nothingLeft()
  })
})
