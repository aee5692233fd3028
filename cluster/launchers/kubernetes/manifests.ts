/** The objects of the Kubernetes API that the launcher makes, as functions of what they depend on. */
import type { V1Job, V1OwnerReference, V1Secret } from '@kubernetes/client-node'
import type { EngineSeat } from '../launcher.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'

/** What all engines of a session have in common. */
export interface EngineCluster {
  /** Of this session alone: its objects are called after it. Lower-case letters, digits and `-`. */
  readonly session: string
  /** The cluster's name. */
  readonly cluster: string
  readonly namespace: string
  /** Where pods reach the controller. */
  readonly address: string
  readonly concurrency: number
  readonly reconnectMs: number
}

/** By this label all pods of a session are found. */
export const sessionLabel = 'yardmaster.dev/session'
/** Of a Job and its pod: which engine it is. */
export const launchLabel = 'yardmaster.dev/launch'

const keyEntry = 'key'

/** The cluster's key, which the pods have from there: it stands in no manifest of a Job. All Jobs belong to it, and are deleted with it. */
export function keySecret(cluster: EngineCluster, settings: KubernetesSettings, key: Uint8Array): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: cluster.session,
      namespace: cluster.namespace,
      labels: labels(cluster),
      ...(settings.owner === undefined ? {} : { ownerReferences: [settings.owner] }),
    },
    type: 'Opaque',
    immutable: true,
    // Kubernetes wants base64 around what is base64url already.
    data: { [keyEntry]: Buffer.from(Buffer.from(key).toString('base64url')).toString('base64') },
  }
}

/** Owner of each Job, once Kubernetes has given it an identity. */
export function ownedBy(secret: { readonly name: string; readonly uid: string }): V1OwnerReference {
  return { apiVersion: 'v1', kind: 'Secret', name: secret.name, uid: secret.uid }
}

/**
 * A Job for one engine: its pod is started once, and not again by Kubernetes, since that is the cluster's business.
 * @param number tells it from the other Jobs of its session
 */
export function engineJob(
  { name, launch }: EngineSeat,
  number: number,
  cluster: EngineCluster,
  settings: KubernetesSettings,
  owner: V1OwnerReference,
): V1Job {
  const own = { ...labels(cluster), [launchLabel]: launch }
  const amount = {
    ...(settings.cpus === undefined ? {} : { cpu: settings.cpus }),
    ...(settings.memory === undefined ? {} : { memory: settings.memory }),
  }
  const engine = ['engine', '--quiet', '--kind', 'kubernetes', '--address', cluster.address]
  // Kubernetes puts the values of the variables there.
  const identity = ['--engine-name', name, '--launch', launch, '--job', '$(POD_NAME)', '--host', '$(NODE_NAME)']
  const numbers = ['--concurrency', String(cluster.concurrency), '--reconnect', String(cluster.reconnectMs)]
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cluster.session}-${number}`,
      namespace: cluster.namespace,
      labels: own,
      ownerReferences: [owner],
    },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: settings.keepSeconds,
      template: {
        metadata: { labels: own },
        spec: {
          // An engine has no business with the API.
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...settings.pod,
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: settings.graceSeconds,
          containers: [
            {
              ...(Object.keys(amount).length === 0 ? {} : { resources: { requests: amount, limits: amount } }),
              ...settings.container,
              name: 'engine',
              image: settings.image,
              command: [...settings.command],
              args: [...engine, ...identity, ...numbers],
              env: [
                {
                  name: 'YARDMASTER_KEY',
                  valueFrom: { secretKeyRef: { name: cluster.session, key: keyEntry } },
                },
                { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                ...environment(settings.container.env),
              ],
              // Where it fails, the end of what it wrote stands in the pod's status.
              terminationMessagePolicy: 'FallbackToLogsOnError',
            },
          ],
        },
      },
    },
  }
}

/** Of the user's own: beside ours. */
function environment(given: unknown): { name: string }[] {
  return Array.isArray(given) ? given : []
}

function labels({ session, cluster }: EngineCluster): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'yardmaster',
    'app.kubernetes.io/component': 'engine',
    'app.kubernetes.io/instance': labelValue(cluster),
    [sessionLabel]: session,
  }
}

/** As a label takes it: at most 63 characters, with a letter or digit at both ends. */
function labelValue(text: string): string {
  return text.slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
}
