/** What the launcher asks of Kubernetes is as the API's schemas want it, and what pods say of themselves is understood. */
import { Job } from 'kubernetes-models/batch/v1'
import { Secret } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { kubernetesSettings } from '../../../cluster/launchers/kubernetes/kubernetes-options.ts'
import { type EngineCluster, engineJob, keySecret, ownedBy } from '../../../cluster/launchers/kubernetes/manifests.ts'
import { podState } from '../../../cluster/launchers/kubernetes/pod-state.ts'

const cluster: EngineCluster = {
  session: 'yardmaster-0123456789',
  cluster: '_My.cluster_',
  namespace: 'yard',
  address: 'wss://10.0.0.7:41000',
  concurrency: 2,
  reconnectMs: 30_000,
}
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'program-1', uid: '27b1' }
const seat = { name: 'kubernetes-0', launch: '0a1b2c3d.1' }
const job = (options: object) =>
  engineJob(seat, 3, cluster, kubernetesSettings({ image: 'mine:1', ...options }), ownedBy({ name: 's', uid: 'u' }))

/** As it goes to the API. */
const sent = (object: object) => JSON.parse(JSON.stringify(object))

describe('manifests', () => {
  it.each([
    {},
    { command: ['node', 'main.js'], cpus: 1, memory: '2Gi', graceSeconds: 0, keepSeconds: 5 },
    {
      pod: { nodeSelector: { pool: 'compute' } },
      container: { env: [{ name: 'A', value: 'b' }], imagePullPolicy: 'Always' },
    },
  ])('are valid by the schemas of the API, with %j', (options) => {
    expect(new Job(sent(job(options))).validate()).toBeUndefined()
    const secret = keySecret(cluster, kubernetesSettings({ image: 'mine:1', owner }), new Uint8Array(32))
    expect(new Secret(sent(secret)).validate()).toBeUndefined()
  })

  it('would not be, with a field of a wrong kind', () => {
    const wrong = job({ pod: { nodeSelector: ['compute'] } })
    expect(() => new Job(sent(wrong)).validate()).toThrow(/nodeSelector/)
  })

  it('start one pod for one engine, once, which has the key from the Secret', () => {
    const { metadata, spec } = job({ cpus: '500m', container: { env: [{ name: 'A', value: 'b' }] } })
    expect(metadata).toMatchObject({
      name: 'yardmaster-0123456789-3',
      labels: { 'app.kubernetes.io/instance': 'My.cluster', 'yardmaster.dev/launch': '0a1b2c3d.1' },
      ownerReferences: [{ kind: 'Secret', uid: 'u' }],
    })
    expect(spec).toMatchObject({ backoffLimit: 0, completions: 1, parallelism: 1 })
    const pod = spec?.template.spec
    expect(pod).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false })
    const [container] = pod?.containers ?? []
    expect(container?.resources).toEqual({ requests: { cpu: '500m' }, limits: { cpu: '500m' } })
    expect(container?.env?.map(({ name }) => name)).toEqual(['YARDMASTER_KEY', 'NODE_NAME', 'POD_NAME', 'A'])
    expect(container?.env?.[0]?.valueFrom?.secretKeyRef).toEqual({ name: cluster.session, key: 'key' })
  })

  it.each([
    [{ image: undefined }, 'image'],
    [{ image: 'a b' }, 'image'],
    [{ command: [] }, 'command'],
    [{ graceSeconds: -1 }, 'graceSeconds'],
    [{ pod: 'x' }, 'pod'],
    [{ owner: { kind: 'Pod' } }, 'owner'],
  ])('are refused with %j, naming the option', (options, name) => {
    expect(() => job(options)).toThrow(
      expect.objectContaining({
        code: 'YM_CONFIGURATION',
        message: expect.stringMatching(new RegExp(`option ${name}\\b`)),
      }),
    )
  })
})

describe('the state of a pod', () => {
  const container = (state: object) => [
    { name: 'engine', image: '', imageID: '', ready: false, restartCount: 0, state },
  ]
  const condition = (type: string, status: string, reason: string, message: string) => [
    { type, status, reason, message },
  ]

  it.each([
    [{}, { phase: 'waiting', reason: undefined, isUsual: true }],
    [
      { phase: 'Pending', conditions: condition('PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available') },
      { phase: 'waiting', reason: 'Unschedulable: 0/3 nodes are available', isUsual: false },
    ],
    [
      { phase: 'Pending', containerStatuses: container({ waiting: { reason: 'ContainerCreating' } }) },
      { phase: 'waiting', reason: 'ContainerCreating', isUsual: true },
    ],
    [
      { phase: 'Pending', containerStatuses: container({ waiting: { reason: 'ErrImagePull', message: 'not found' } }) },
      { phase: 'waiting', reason: 'ErrImagePull: not found', isUsual: false },
    ],
    [
      { phase: 'Running', containerStatuses: container({ running: {} }) },
      { phase: 'running', node: 'node-a' },
    ],
    [{ phase: 'Succeeded', containerStatuses: container({ terminated: { exitCode: 0 } }) }, { phase: 'left' }],
    [
      { phase: 'Failed', containerStatuses: container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) },
      { phase: 'failed', how: 'OOMKilled: exit code 137' },
    ],
    [
      { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
      { phase: 'failed', how: 'Evicted: The node was low on resource: memory.' },
    ],
    [
      {
        phase: 'Succeeded',
        conditions: condition('DisruptionTarget', 'True', 'PreemptionByScheduler', 'preempted'),
      },
      { phase: 'failed', how: 'PreemptionByScheduler: preempted' },
    ],
  ])('%j', (status, state) => {
    expect(podState({ spec: { nodeName: 'node-a', containers: [] }, status })).toEqual(state)
  })
})
