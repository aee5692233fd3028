/** The calls of the Kubernetes API that the launcher makes, by the official client, which is loaded when first needed. */
import type { V1Job, V1Pod, V1Secret } from '@kubernetes/client-node'
import { ConfigurationError, EngineStartError } from '../../../core/errors.ts'
import { sessionLabel } from './manifests.ts'

type Client = typeof import('@kubernetes/client-node')

export interface PodWatcher {
  /** Of each pod of the session: as it is, and whenever it changes. */
  onPod(pod: V1Pod): void
  /** It is no more. */
  onPodGone(pod: V1Pod): void
  /** A Job is no more, nor is its pod. */
  onJobGone(job: V1Job): void
  /** What is heard may be late: the watch is begun anew. */
  onError(error: Error): void
}

/** Between a watch that failed and the next. */
const watchAgainMs = 2_000

export class KubernetesApi {
  readonly namespace: string
  readonly #client: Client
  readonly #config: InstanceType<Client['KubeConfig']>
  readonly #core: InstanceType<Client['CoreV1Api']>
  readonly #batch: InstanceType<Client['BatchV1Api']>

  /** @throws ConfigurationError where the client is not installed, or there is no such context */
  static async open(context: string | undefined, namespace: string | undefined): Promise<KubernetesApi> {
    const client = await loadClient()
    const config = new client.KubeConfig()
    try {
      config.loadFromDefault()
    } catch (error) {
      throw new ConfigurationError(`the kubeconfig cannot be read: ${messageOf(error)}`, { cause: error })
    }
    if (context !== undefined) {
      const known = config.getContexts().map(({ name }) => name)
      if (!known.includes(context)) {
        throw new ConfigurationError(`the kubeconfig has no context ${context}: it has ${known.join(', ') || 'none'}`)
      }
      config.setCurrentContext(context)
    }
    const usual = config.getContextObject(config.getCurrentContext())?.namespace
    return new KubernetesApi(client, config, namespace ?? usual ?? 'default')
  }

  private constructor(client: Client, config: InstanceType<Client['KubeConfig']>, namespace: string) {
    this.#client = client
    this.#config = config
    this.#core = config.makeApiClient(client.CoreV1Api)
    this.#batch = config.makeApiClient(client.BatchV1Api)
    this.namespace = namespace
  }

  /** Gives it back with the identity that Kubernetes gave it. @throws EngineStartError with Kubernetes' own words */
  async createSecret(body: V1Secret): Promise<{ readonly name: string; readonly uid: string }> {
    const { metadata } = await told(
      'make a Secret',
      this.#core.createNamespacedSecret({ namespace: this.namespace, body }),
    )
    return { name: metadata?.name ?? '', uid: metadata?.uid ?? '' }
  }

  /** With all that belongs to it. */
  async deleteSecret(name: string): Promise<void> {
    const request = { name, namespace: this.namespace, propagationPolicy: 'Background' }
    await told('delete a Secret', unlessGone(this.#core.deleteNamespacedSecret(request)))
  }

  /** @throws EngineStartError with Kubernetes' own words */
  async createJob(body: V1Job): Promise<void> {
    await told('make a Job', this.#batch.createNamespacedJob({ namespace: this.namespace, body }))
  }

  /** It stays until its pod has ended. False: there is no such Job. */
  async deleteJob(name: string): Promise<boolean> {
    const request = { name, namespace: this.namespace, propagationPolicy: 'Foreground' }
    return await told('delete a Job', unlessGone(this.#batch.deleteNamespacedJob(request)))
  }

  /** Ends it at once. */
  async killPod(name: string): Promise<void> {
    const request = { name, namespace: this.namespace, gracePeriodSeconds: 0 }
    await told('delete a pod', unlessGone(this.#core.deleteNamespacedPod(request)))
  }

  /** Resolves when all pods and Jobs that are there have been told; gives what ends the watch. */
  async watch(session: string, watcher: PodWatcher): Promise<() => Promise<void>> {
    const { namespace } = this
    const labelSelector = `${sessionLabel}=${session}`
    const pods = this.#client.makeInformer(
      this.#config,
      `/api/v1/namespaces/${namespace}/pods`,
      () => this.#core.listNamespacedPod({ namespace, labelSelector }),
      labelSelector,
    )
    pods.on('add', (pod) => watcher.onPod(pod))
    pods.on('update', (pod) => watcher.onPod(pod))
    pods.on('delete', (pod) => watcher.onPodGone(pod))
    const jobs = this.#client.makeInformer(
      this.#config,
      `/apis/batch/v1/namespaces/${namespace}/jobs`,
      () => this.#batch.listNamespacedJob({ namespace, labelSelector }),
      labelSelector,
    )
    jobs.on('delete', (job) => watcher.onJobGone(job))
    let isOver = false
    const timers = new Set<NodeJS.Timeout>()
    for (const informer of [pods, jobs]) {
      const again = (error: unknown): void => {
        if (isOver) return
        watcher.onError(asError(error))
        const timer = setTimeout(() => {
          timers.delete(timer)
          informer.start().catch(again)
        }, watchAgainMs)
        timers.add(timer)
      }
      informer.on('error', again)
    }
    await told('list pods and Jobs', Promise.all([pods.start(), jobs.start()]))
    return async () => {
      isOver = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.all([pods.stop(), jobs.stop()])
    }
  }
}

/** @throws ConfigurationError where it is not installed */
export async function loadClient(): Promise<Client> {
  try {
    return await import('@kubernetes/client-node')
  } catch (cause) {
    throw new ConfigurationError(
      'the launcher kubernetes needs the package @kubernetes/client-node, which is not installed: npm install @kubernetes/client-node',
      { cause },
    )
  }
}

async function told<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw new EngineStartError(`Kubernetes could not ${what}: ${messageOf(error)}`, { cause: error })
  }
}

/** False: there is nothing of that name. */
async function unlessGone(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 404)) throw error
    return false
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** Of a refusal by the API, what it says to people: it stands in the body, which is JSON. */
function messageOf(error: unknown): string {
  if (error instanceof Error && 'body' in error && typeof error.body === 'string') {
    const message = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(error.body)?.[1]
    if (message !== undefined) return JSON.parse(message)
  }
  return error instanceof Error ? error.message : String(error)
}
