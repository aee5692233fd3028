/**
 * Engines as Jobs of Kubernetes, by the official client: against a server on loopback that speaks its API, and whose pods are real processes. There is no
 * cluster here to run them on.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cluster, type ClusterOptions, type KubernetesOptions, type LocalClusterOptions } from 'yardmaster'
import { Yardmaster } from '../cli/yardmaster.ts'
import { endlessMap } from './endless-map.ts'
import { KubernetesOnLoopback } from './kubernetes-on-loopback.ts'

/** On a busy machine that starts many engines at a time. It ends what hangs. */
const patienceMs = 180_000
const slow = async (x: number): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return x * x
}
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const squares = (count: number): number[] => range(count).map((x) => x * x)

describe('engines under Kubernetes', () => {
  let kubernetes: KubernetesOnLoopback
  const said: string[] = []

  beforeEach(async () => {
    kubernetes = await KubernetesOnLoopback.start()
    vi.stubEnv('KUBECONFIG', kubernetes.kubeconfig)
    vi.stubEnv('YARDMASTER_DIR', join(kubernetes.folder, 'clusters'))
    said.length = 0
  })
  afterEach(() => kubernetes[Symbol.asyncDispose]())

  const start = (options: LocalClusterOptions & Partial<KubernetesOptions>): Promise<Cluster> =>
    Cluster.start({
      launcher: 'kubernetes',
      image: 'yardmaster:test',
      addresses: ['ws://127.0.0.1:0'],
      log: (level, message) => said.push(`${level} ${message}`),
      ...options,
    })

  const nothingLeft = async (): Promise<void> => {
    await expect.poll(() => [kubernetes.secrets, kubernetes.jobs, kubernetes.pods, kubernetes.pids].flat()).toEqual([])
  }

  it(
    '2 of them run a map, become 4 and then 1 under load, and nothing is lost',
    async () => {
      {
        await using cluster = await start({ engines: 2 })
        const client = await cluster.connect()
        await client.waitForEngines(2)
        const names = kubernetes.pods.map(({ metadata }) => metadata?.name).sort()
        expect(cluster.engines.map(({ job }) => job).sort()).toEqual(names)
        expect(cluster.engines.map(({ host, kind }) => `${kind} ${host}`)).toEqual(Array(2).fill('kubernetes node-a'))
        const load = endlessMap(client.loadBalancedView(), slow)
        await cluster.scale(4)
        await client.waitForEngines(4)
        await cluster.scale(1)
        expect(kubernetes.pids).toHaveLength(1)
        const results = await load.end()
        expect(results).toEqual(squares(results.length))
      }
      await nothingLeft()
      expect(said.filter((line) => line.startsWith('warn'))).toEqual([])
    },
    patienceMs,
  )

  it('a pod that is evicted, deleted or killed is noticed, its tasks move on, and another takes its place', async () => {
    {
      await using cluster = await start({ engines: 2 })
      const client = await cluster.connect()
      await client.waitForEngines(2)
      const firstPod = () => cluster.engines[0]?.job as string
      for (const [end, reason] of [
        [() => kubernetes.evict(firstPod()), 'EvictionByEvictionAPI'],
        [() => kubernetes.deletePod(firstPod()), 'exit code 143'],
        [() => process.kill(cluster.engines[0]?.pid as number, 'SIGKILL'), 'exit code 137'],
      ] as const) {
        const before = firstPod()
        const load = client.loadBalancedView().with({ chunk: 1 }).map(slow, range(100))
        for await (const _ of load) break
        end()
        expect(await load).toEqual(squares(100))
        await expect.poll(() => said.join('\n')).toMatch(new RegExp(`pod ${before} failed: [\\s\\S]*${reason}`))
        await expect.poll(() => cluster.engines.length).toBe(2)
        expect(cluster.engines.map(({ job }) => job)).not.toContain(before)
      }
    }
    await nothingLeft()
  })

  it('those that wait are no failure, their reason is said, and they go when they are not wanted any more', async () => {
    kubernetes.roomFor = 1
    {
      await using cluster = await start({ engines: 2 })
      const client = await cluster.connect()
      await client.waitForEngines(1)
      await expect.poll(() => said.join('\n')).toContain('Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.')
      await cluster.scale(1)
      expect(kubernetes.pods).toHaveLength(1)
      kubernetes.roomFor = 3
      await cluster.scale(2)
      await client.waitForEngines(2)
      expect(await client.loadBalancedView().map(slow, range(20))).toEqual(squares(20))
    }
    await nothingLeft()
  })

  it('an engine stops though no watch tells of its end', async () => {
    kubernetes.roomFor = 1
    {
      await using cluster = await start({ engines: 2 })
      const client = await cluster.connect()
      await client.waitForEngines(1)
      kubernetes.isSilent = true
      await cluster.scale(1)
      expect(kubernetes.jobs).toHaveLength(1)
      kubernetes.isSilent = false
    }
    await nothingLeft()
  })

  it('goes on when its watch is cut', async () => {
    {
      await using cluster = await start({ engines: 1 })
      const client = await cluster.connect()
      await client.waitForEngines(1)
      kubernetes.cutWatches()
      const { pid } = cluster.engines[0] as { pid: number }
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => cluster.engines[0]?.pid).not.toBe(pid)
      await client.waitForEngines(1)
    }
    await nothingLeft()
  })

  it('`yardmaster start` has them by its options, and `yardmaster stop` deletes those of a cluster that was killed', async () => {
    using yardmaster = new Yardmaster()
    const options = ['--launcher', 'kubernetes', '-n', '1', '--launcher-option', 'image=yardmaster:test']
    const started = await yardmaster.run(['start', '--json', '--listen', 'ws://127.0.0.1:0', ...options])
    expect(started).toMatchObject({ code: 0, stderr: '' })
    await expect
      .poll(async () => (await yardmaster.run(['status'])).stdout)
      .toMatch(/kubernetes .*node-a .*yardmaster-/)
    process.kill(JSON.parse(started.stdout).pid, 'SIGKILL')
    const stopped = await yardmaster.run(['stop'])
    expect(stopped).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/had died; ended what it left: the Jobs of/),
    })
    await nothingLeft()
  })

  it('an image that is not there is told of', async () => {
    {
      await using _cluster = await start({ engines: 1, image: 'yardmaster:missing' })
      await expect
        .poll(() => said.join('\n'))
        .toContain('ImagePullBackOff: Back-off pulling image "yardmaster:missing"')
    }
    await nothingLeft()
  })

  it('the key is in a Secret, and in no Job', async () => {
    {
      await using cluster = await start({ engines: 1 })
      const text = Buffer.from(cluster.key).toString('base64url')
      const holders = kubernetes.requests.filter(({ body }) => {
        const written = JSON.stringify(body)
        return [text, Buffer.from(text).toString('base64'), Buffer.from(cluster.key).toString('hex')].some((one) =>
          written.includes(one),
        )
      })
      expect(holders.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/v1/namespaces/yard/secrets'])
      expect(kubernetes.requests.some(({ path }) => path.endsWith('/jobs'))).toBe(true)
    }
    await nothingLeft()
  })

  it('what the API refuses is an error with its words, and leaves nothing', async () => {
    await expect(start({ engines: 1, namespace: 'forbidden' })).rejects.toMatchObject({
      code: 'YM_ENGINE_START',
      message: expect.stringContaining(
        'Kubernetes could not make a Secret: forbidden: POST /api/v1/namespaces/forbidden/secrets',
      ),
    })
    await expect(start({ engines: 1, context: 'elsewhere' })).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringContaining('no context elsewhere: it has loopback'),
    })
    await expect(Cluster.start({ launcher: 'kubernetes' } as unknown as ClusterOptions)).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringContaining('option image'),
    })
    const broken = join(kubernetes.folder, 'broken')
    writeFileSync(broken, '{ not yaml')
    vi.stubEnv('KUBECONFIG', broken)
    await expect(start({ engines: 1 })).rejects.toMatchObject({ code: 'YM_CONFIGURATION' })
    await nothingLeft()
  })
})
