/**
 * As much of a Kubernetes cluster as the launcher meets: an HTTP server that speaks the paths of the API that it uses, with objects, events and refusals
 * as a real one gives them, and whose pods are real processes. It takes the place of the API server, the controller of Jobs, the collector of
 * what has no owner any more, the scheduler and the one node; the image is this build.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  V1Container,
  V1ContainerState,
  V1Job,
  V1ObjectMeta,
  V1Pod,
  V1PodStatus,
  V1Secret,
} from '@kubernetes/client-node'

type Stored = (V1Secret | V1Job | V1Pod) & { metadata: V1ObjectMeta & { name: string; uid: string } }
type Plural = 'secrets' | 'jobs' | 'pods'

interface Happening {
  readonly version: number
  readonly plural: Plural
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly text: string
  readonly labels: Readonly<Record<string, string>>
}

interface Watch {
  readonly plural: Plural
  readonly selector: string
  readonly response: ServerResponse
}

const kinds = { secrets: ['v1', 'Secret'], jobs: ['batch/v1', 'Job'], pods: ['v1', 'Pod'] } as const
const token = 'a-token-of-a-service-account'
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const nodeName = 'node-a'
/** How much of what a container wrote stands in its pod's status. */
const messageMax = 2_048

export class KubernetesOnLoopback implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'kubernetes-'))
  /** Every request with a body, by method and path. */
  readonly requests: { readonly method: string; readonly path: string; readonly body: unknown }[] = []
  readonly #server: Server
  readonly #objects: Record<Plural, Map<string, Stored>> = { secrets: new Map(), jobs: new Map(), pods: new Map() }
  readonly #happenings: Happening[] = []
  readonly #watches = new Set<Watch>()
  readonly #processes = new Map<string, ChildProcess>()
  readonly #timers = new Set<NodeJS.Timeout>()
  /** From now on watches hear nothing, and what happens is in no later one: as in a gap between two of them. */
  isSilent = false
  #version = 1_000
  #roomFor = 100
  #isEnding = false

  static async start(): Promise<KubernetesOnLoopback> {
    const kubernetes = new KubernetesOnLoopback()
    kubernetes.#server.listen(0, '127.0.0.1')
    await once(kubernetes.#server, 'listening')
    writeFileSync(kubernetes.kubeconfig, JSON.stringify(kubernetes.#configuration()), { mode: 0o600 })
    return kubernetes
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** What `$KUBECONFIG` names. */
  get kubeconfig(): string {
    return join(this.folder, 'config')
  }

  get secrets(): readonly V1Secret[] {
    return [...this.#objects.secrets.values()]
  }

  get jobs(): readonly V1Job[] {
    return [...this.#objects.jobs.values()] as V1Job[]
  }

  get pods(): readonly V1Pod[] {
    return [...this.#objects.pods.values()] as V1Pod[]
  }

  /** Of the processes that are the pods' containers. */
  get pids(): number[] {
    return [...this.#processes.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /** How many pods the node takes; others wait. */
  set roomFor(pods: number) {
    this.#roomFor = pods
    this.#schedule()
  }

  /** As an administrator does, or `kubectl delete pod`. */
  deletePod(name: string, graceSeconds?: number): void {
    this.#endPod(name, graceSeconds)
  }

  /** As `kubectl drain` does: another machine is to take its work. */
  evict(name: string): void {
    const pod = this.#objects.pods.get(name) as V1Pod & Stored
    const message = 'Eviction API: evicting'
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message }
    pod.status = { ...pod.status, conditions: [...(pod.status?.conditions ?? []), condition] }
    this.#change('pods', pod)
    this.#endPod(name)
  }

  /** As when the API server is restarted. */
  cutWatches(): void {
    for (const { response } of this.#watches) response.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    for (const timer of this.#timers) clearTimeout(timer)
    // Until it is closed, and no longer, a child is among them.
    const ended = [...this.#processes.values()].map((child) => once(child, 'close'))
    for (const child of this.#processes.values()) child.kill('SIGKILL')
    await Promise.all(ended)
    this.#server.close()
    this.#server.closeAllConnections()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #configuration(): object {
    const { port } = this.#server.address() as AddressInfo
    return {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'loopback',
      clusters: [
        { name: 'loopback', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'tester', user: { token } }],
      contexts: [{ name: 'loopback', context: { cluster: 'loopback', user: 'tester', namespace: 'yard' } }],
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://127.0.0.1')
    const method = request.method ?? ''
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const body = text === '' ? undefined : JSON.parse(text)
    if (body !== undefined) this.requests.push({ method, path: url.pathname, body })
    if (request.headers.authorization !== `Bearer ${token}`)
      return refuse(response, 401, 'Unauthorized', 'Unauthorized')
    const [, plural, name] =
      /^\/(?:api\/v1|apis\/batch\/v1)\/namespaces\/yard\/(secrets|jobs|pods)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    if (plural === undefined) return refuse(response, 403, 'Forbidden', `forbidden: ${method} ${url.pathname}`)
    this.#serve(method, plural as Plural, name, url.searchParams, body, response)
  }

  #serve(
    method: string,
    plural: Plural,
    name: string | undefined,
    query: URLSearchParams,
    body: Stored,
    response: ServerResponse,
  ): void {
    const selector = query.get('labelSelector') ?? ''
    if (method === 'POST') return this.#create(plural, body, response)
    if (method === 'GET' && query.get('watch') === 'true') {
      return this.#watch({ plural, selector, response }, Number(query.get('resourceVersion') ?? 0))
    }
    const [apiVersion, kind] = kinds[plural]
    if (method === 'GET') {
      const items = [...this.#objects[plural].values()].filter(({ metadata }) =>
        matches(metadata.labels ?? {}, selector),
      )
      return send(response, 200, { kind: `${kind}List`, apiVersion, metadata: this.#listMetadata(), items })
    }
    const object = this.#objects[plural].get(name ?? '')
    if (method !== 'DELETE') return refuse(response, 405, 'MethodNotAllowed', 'the server does not allow this method')
    if (!object) return refuse(response, 404, 'NotFound', `${plural} "${name}" not found`)
    const grace = query.get('gracePeriodSeconds')
    if (plural === 'pods') this.#endPod(object.metadata.name, grace === null ? undefined : Number(grace))
    else if (plural === 'jobs') this.#deleteJob(object, query.get('propagationPolicy') ?? 'Background')
    else this.#deleteSecret(object)
    send(response, 200, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, kind: plural },
    })
  }

  #listMetadata(): object {
    return { resourceVersion: String(this.#version) }
  }

  #create(plural: Plural, body: Stored, response: ServerResponse): void {
    const [apiVersion, kind] = kinds[plural]
    const { name = '', labels = {} } = body.metadata ?? {}
    if (body.apiVersion !== apiVersion || body.kind !== kind) {
      return refuse(
        response,
        400,
        'BadRequest',
        `${body.kind} in version "${body.apiVersion}" cannot be handled as a ${kind}`,
      )
    }
    const wrong = Object.values(labels).find((label) => !/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(label))
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) || wrong !== undefined) {
      return refuse(
        response,
        422,
        'Invalid',
        `${kind} "${name}" is invalid: metadata: Invalid value: "${wrong ?? name}"`,
      )
    }
    if (this.#objects[plural].has(name))
      return refuse(response, 409, 'AlreadyExists', `${plural} "${name}" already exists`)
    const object = this.#add(plural, body)
    send(response, 201, object)
    if (plural === 'jobs') this.#later(() => this.#makePod(object as V1Job & Stored))
  }

  #add(plural: Plural, body: object & { metadata?: V1ObjectMeta }): Stored {
    const identity = { uid: randomUUID(), creationTimestamp: new Date(), namespace: 'yard' }
    const object = { ...body, metadata: { ...body.metadata, ...identity } } as Stored
    this.#objects[plural].set(object.metadata.name, object)
    this.#tell('ADDED', plural, object)
    return object
  }

  #change(plural: Plural, object: Stored): void {
    if (this.#objects[plural].get(object.metadata.name) === object) this.#tell('MODIFIED', plural, object)
  }

  #remove(plural: Plural, object: Stored): void {
    if (this.#objects[plural].delete(object.metadata.name)) this.#tell('DELETED', plural, object)
  }

  #tell(type: Happening['type'], plural: Plural, object: Stored): void {
    const version = ++this.#version
    object.metadata.resourceVersion = String(version)
    if (this.isSilent) return
    const [apiVersion, kind] = kinds[plural]
    const text = `${JSON.stringify({ type, object: { apiVersion, kind, ...object } })}\n`
    const happening = { version, plural, type, text, labels: { ...object.metadata.labels } }
    this.#happenings.push(happening)
    for (const watch of this.#watches) deliver(watch, happening)
  }

  #watch(watch: Watch, since: number): void {
    watch.response.writeHead(200, { 'content-type': 'application/json' })
    watch.response.flushHeaders()
    for (const happening of this.#happenings) if (happening.version > since) deliver(watch, happening)
    this.#watches.add(watch)
    watch.response.once('close', () => this.#watches.delete(watch))
  }

  #makePod(job: V1Job & Stored): void {
    if (job.metadata.deletionTimestamp !== undefined || !this.#objects.jobs.has(job.metadata.name)) return
    const { name, uid } = job.metadata
    const tracked = { 'batch.kubernetes.io/job-name': name, 'job-name': name, 'controller-uid': uid }
    this.#add('pods', {
      metadata: {
        name: `${name}-${randomUUID().slice(0, 5)}`,
        generateName: `${name}-`,
        labels: { ...job.spec?.template.metadata?.labels, ...tracked },
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
        ],
        finalizers: ['batch.kubernetes.io/job-tracking'],
      },
      spec: structuredClone(job.spec?.template.spec),
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    } as Omit<V1Pod, 'kind'>)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isEnding) return
    for (const object of this.#objects.pods.values()) {
      const pod = object as V1Pod & Stored
      if (pod.spec?.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) continue
      if (this.#processes.size < this.#roomFor) {
        this.#run(pod)
        continue
      }
      const message = '0/1 nodes are available: 1 Insufficient cpu.'
      if (pod.status?.conditions?.some(({ status }) => status === 'False')) continue
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
      this.#setStatus(pod, { phase: 'Pending', conditions: [condition] })
    }
  }

  #run(pod: V1Pod & Stored): void {
    const container = pod.spec?.containers[0] as V1Container
    if (pod.spec) pod.spec.nodeName = nodeName
    const scheduled = { type: 'PodScheduled', status: 'True' }
    this.#setStatus(pod, { phase: 'Pending', conditions: [scheduled] }, { waiting: { reason: 'ContainerCreating' } })
    // That is all there is in the image's registry.
    if (container.image !== 'yardmaster:test') {
      const message = `Back-off pulling image "${container.image}"`
      return this.#setStatus(pod, { phase: 'Pending' }, { waiting: { reason: 'ImagePullBackOff', message } })
    }
    const own = this.#environment(pod, container)
    const words = [...(container.command ?? []), ...(container.args ?? [])].map((word) =>
      word === 'yardmaster' ? command : word.replace(/\$\((\w+)\)/g, (text, name) => own[name] ?? text),
    )
    const env = { PATH: process.env.PATH ?? '', ...own }
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#processes.set(pod.metadata.name, child)
    const startedAt = new Date()
    this.#setStatus(pod, { phase: 'Running', startTime: startedAt }, { running: { startedAt } })
    let written = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        written = (written + text).slice(-messageMax)
      })
    }
    child.once('close', (code, signal) => {
      this.#processes.delete(pod.metadata.name)
      const exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143)
      const isFine = exitCode === 0
      const terminated = {
        exitCode,
        reason: isFine ? 'Completed' : 'Error',
        startedAt,
        finishedAt: new Date(),
        ...(isFine || written === '' ? {} : { message: written }),
      }
      this.#setStatus(pod, { phase: isFine ? 'Succeeded' : 'Failed' }, { terminated })
      if (pod.metadata.deletionTimestamp !== undefined) this.#podGone(pod)
      this.#schedule()
    })
  }

  /** As a container has it: of the Secret's values, and of the pod's own fields. */
  #environment(pod: V1Pod & Stored, container: V1Container): Record<string, string> {
    const values = (container.env ?? []).map(({ name, value, valueFrom }) => {
      const secret = valueFrom?.secretKeyRef
      const field = valueFrom?.fieldRef?.fieldPath
      if (secret) {
        const data = (this.#objects.secrets.get(secret.name ?? '') as V1Secret | undefined)?.data
        return [name, Buffer.from(data?.[secret.key] ?? '', 'base64').toString()]
      }
      if (field === 'spec.nodeName') return [name, nodeName]
      return [name, field === 'metadata.name' ? pod.metadata.name : (value ?? '')]
    })
    return Object.fromEntries(values)
  }

  #setStatus(pod: V1Pod & Stored, status: V1PodStatus, state?: V1ContainerState): void {
    const { name, image = '' } = pod.spec?.containers[0] ?? { name: 'engine' }
    const isRunning = state?.running !== undefined
    const container = { name, image, imageID: '', ready: isRunning, restartCount: 0, started: isRunning, lastState: {} }
    pod.status = { ...pod.status, ...status, ...(state ? { containerStatuses: [{ ...container, state }] } : {}) }
    this.#change('pods', pod)
  }

  #endPod(name: string, grace?: number): void {
    const pod = this.#objects.pods.get(name) as (V1Pod & Stored) | undefined
    if (!pod) return
    const seconds = grace ?? pod.spec?.terminationGracePeriodSeconds ?? 30
    pod.metadata.deletionTimestamp = new Date()
    pod.metadata.deletionGracePeriodSeconds = seconds
    this.#change('pods', pod)
    const child = this.#processes.get(name)
    if (!child) return this.#podGone(pod)
    child.kill(seconds === 0 ? 'SIGKILL' : 'SIGTERM')
    if (seconds > 0) this.#later(() => child.kill('SIGKILL'), seconds * 1_000)
  }

  #podGone(pod: V1Pod & Stored): void {
    this.#remove('pods', pod)
    const job = this.#objects.jobs.get(pod.metadata.ownerReferences?.[0]?.name ?? '')
    if (job?.metadata.deletionTimestamp !== undefined) this.#remove('jobs', job)
  }

  #deleteJob(job: Stored, policy: string): void {
    const pods = [...this.#objects.pods.values()].filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid === job.metadata.uid,
    )
    job.metadata.deletionTimestamp ??= new Date()
    if (policy === 'Foreground' && pods.length > 0) {
      job.metadata.finalizers = ['foregroundDeletion']
      this.#change('jobs', job)
    } else this.#remove('jobs', job)
    for (const { metadata } of pods) if (metadata.deletionTimestamp === undefined) this.#endPod(metadata.name)
  }

  #deleteSecret(secret: Stored): void {
    this.#remove('secrets', secret)
    for (const job of [...this.#objects.jobs.values()]) {
      if (job.metadata.ownerReferences?.some(({ uid }) => uid === secret.metadata.uid))
        this.#deleteJob(job, 'Background')
    }
  }

  #later(work: () => void, delayMs = 5): void {
    if (this.#isEnding) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, delayMs)
    this.#timers.add(timer)
  }
}

function deliver({ plural, selector, response }: Watch, happening: Happening): void {
  if (plural === happening.plural && matches(happening.labels, selector)) response.write(happening.text)
}

function matches(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector.split(',').every((term) => {
    const [name = '', value] = term.split('=')
    return name === '' || labels[name] === value
  })
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  send(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })
}
