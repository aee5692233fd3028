import type { V1Job, V1ObjectMeta, V1OwnerReference, V1Pod } from '@kubernetes/client-node'
import { ConfigurationError, EngineLostError } from '../../../core/errors.ts'
import type { EngineHandle, EngineSeat, LaunchSession } from '../launcher.ts'
import { TrackedEngine } from '../tracked-engine.ts'
import type { KubernetesApi } from './kubernetes-api.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'
import { type EngineCluster, engineJob, launchLabel } from './manifests.ts'
import { podState } from './pod-state.ts'

/** How many Jobs are made at a time. */
const madeAtOnceMax = 10

export interface KubernetesSetting {
  readonly api: KubernetesApi
  readonly cluster: EngineCluster
  readonly settings: KubernetesSettings
  /** The Secret to which all Jobs belong. */
  readonly owner: V1OwnerReference
  log(level: 'info' | 'warn', message: string): void
  /** When the Secret is deleted. */
  forget(): Promise<void>
}

/**
 * Engines as Jobs of one pod each. One watch tells how all fare.
 *
 * Invariant: `#engines` holds those that have not ended, by their launch.
 */
export class KubernetesSession implements LaunchSession {
  readonly #setting: KubernetesSetting
  readonly #engines = new Map<string, PodEngine>()
  /** Why pods wait, each reason once. */
  readonly #saidReasons = new Set<string>()
  #stopWatching: () => Promise<void> = async () => {}
  #jobsMade = 0

  static async open(setting: KubernetesSetting): Promise<KubernetesSession> {
    const session = new KubernetesSession(setting)
    session.#stopWatching = await setting.api.watch(setting.cluster.session, {
      onPod: (pod) => session.#hear(pod),
      onPodGone: (pod) => session.#hearGone(pod),
      onJobGone: (job) => session.#hearJobGone(job),
      onError: (error) => setting.log('warn', `how the pods fare is not known at present: ${error.message}`),
    })
    return session
  }

  private constructor(setting: KubernetesSetting) {
    this.#setting = setting
  }

  async launch(seats: readonly EngineSeat[]): Promise<readonly EngineHandle[]> {
    const { api, cluster, settings, owner } = this.#setting
    const jobs = seats.map((seat) => engineJob(seat, this.#jobsMade++, cluster, settings, owner))
    const engines = seats.map(({ launch }, index) => new PodEngine(launch, nameOf(jobs[index] as V1Job), this))
    // What is heard of them may come before the answer.
    for (const engine of engines) this.#keep(engine)
    try {
      for (let from = 0; from < jobs.length; from += madeAtOnceMax) {
        const made = await Promise.allSettled(jobs.slice(from, from + madeAtOnceMax).map((job) => api.createJob(job)))
        const refused = made.find((outcome) => outcome.status === 'rejected')
        if (refused) throw refused.reason
      }
      return engines
    } catch (error) {
      await Promise.allSettled(engines.map(({ job }) => api.deleteJob(job)))
      for (const engine of engines) engine.settle(undefined)
      throw error
    }
  }

  /** The Secret takes along whatever Job is left. */
  async close(): Promise<void> {
    const { api, owner, log, forget } = this.#setting
    await this.#stopWatching().catch(() => {})
    // Where that fails, it is noted what there is to delete.
    await api.deleteSecret(owner.name).then(forget, (error: Error) => log('warn', error.message))
  }

  async signal(engine: PodEngine, signal: NodeJS.Signals): Promise<void> {
    if (signal !== 'SIGTERM' && signal !== 'SIGKILL') {
      throw new ConfigurationError(`Kubernetes sends pods SIGTERM and SIGKILL, not ${signal}`)
    }
    if (engine.hasEnded) return
    engine.endedBy = signal
    // The Job first: it would make another pod.
    await this.#setting.api.deleteJob(engine.job)
    if (signal === 'SIGKILL' && engine.pod !== undefined) await this.#setting.api.killPod(engine.pod)
  }

  /** What the watch would tell of its end may have fallen into a gap of it: then the Job is asked for again, and is not there. */
  async stop(engine: PodEngine): Promise<void> {
    engine.isStopping = true
    for (let pauseMs = againMsMin, hasFailed = false; !engine.hasEnded; pauseMs = Math.min(2 * pauseMs, againMsMax)) {
      try {
        const wasThere = await this.#setting.api.deleteJob(engine.job)
        if (!wasThere) engine.end(undefined)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (!hasFailed) this.#setting.log('warn', `${reason}; it is tried again`)
        hasFailed = true
      }
      await endOrPause(engine, pauseMs)
    }
  }

  #keep(engine: PodEngine): void {
    this.#engines.set(engine.launch, engine)
    void engine.ended.then(() => this.#engines.delete(engine.launch))
  }

  #find(metadata: V1ObjectMeta | undefined): PodEngine | undefined {
    return this.#engines.get(metadata?.labels?.[launchLabel] ?? '')
  }

  #hear(pod: V1Pod): void {
    const engine = this.#find(pod.metadata)
    if (!engine) return
    const name = nameOf(pod)
    engine.pod = name
    const state = podState(pod)
    switch (state.phase) {
      case 'waiting':
        return this.#sayWhy(name, state.reason, state.isUsual)
      case 'running':
        return engine.begin({ ...(state.node === undefined ? {} : { host: state.node }), job: name })
      case 'left':
        return engine.end(undefined)
      case 'failed':
        return engine.end(`pod ${name} failed: ${state.how}`)
    }
  }

  /** Without having said how it ended: someone has deleted it, by force or its whole machine. */
  #hearGone(pod: V1Pod): void {
    const engine = this.#find(pod.metadata)
    if (!engine || engine.hasEnded) return
    const state = podState(pod)
    engine.end(`pod ${nameOf(pod)} ${state.phase === 'failed' ? `failed: ${state.how}` : 'was deleted'}`)
  }

  #hearJobGone(job: V1Job): void {
    const engine = this.#find(job.metadata)
    if (engine && !engine.hasEnded) engine.end(`Job ${nameOf(job)} was deleted`)
  }

  #sayWhy(pod: string, reason: string | undefined, isUsual: boolean): void {
    if (reason === undefined || this.#saidReasons.has(reason)) return
    this.#saidReasons.add(reason)
    this.#setting.log(isUsual ? 'info' : 'warn', `pod ${pod} waits: ${reason}`)
  }
}

/** Between two tries to delete a Job: at first, and when its pod takes long to end. */
const againMsMin = 2_000
const againMsMax = 30_000

async function endOrPause({ ended }: PodEngine, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([ended, pause])
  clearTimeout(timer)
}

function nameOf({ metadata }: { readonly metadata?: V1ObjectMeta }): string {
  return metadata?.name ?? ''
}

class PodEngine extends TrackedEngine {
  /** The name of its Job. */
  readonly job: string
  readonly #session: KubernetesSession
  /** The name of its pod, once there is one. */
  pod: string | undefined

  constructor(launch: string, job: string, session: KubernetesSession) {
    super(launch, { job })
    this.job = job
    this.#session = session
  }

  /** `how` is Kubernetes' word for an end that nobody asked for. */
  end(how: string | undefined): void {
    const reason = this.endedBy === undefined ? how : `pod ${this.pod ?? this.job} was ended by ${this.endedBy}`
    this.settle(reason === undefined || this.isStopping ? undefined : new EngineLostError(reason))
  }

  signal(signal: NodeJS.Signals): Promise<void> {
    return this.#session.signal(this, signal)
  }

  stop(): Promise<void> {
    return this.#session.stop(this)
  }
}
