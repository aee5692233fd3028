import { randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { Launcher, LauncherEntry, LaunchSession, LaunchSetting } from '../launcher.ts'
import { reachableAddress } from '../reachable-address.ts'
import { noteRemains } from '../remains.ts'
import { KubernetesApi } from './kubernetes-api.ts'
import {
  type KubernetesOptions,
  type KubernetesSettings,
  kubernetesOptionNames,
  kubernetesSettings,
} from './kubernetes-options.ts'
import { KubernetesSession } from './kubernetes-session.ts'
import { type EngineCluster, keySecret, ownedBy } from './manifests.ts'
import { previewManifests } from './preview.ts'

/**
 * Engines under Kubernetes: a Job of one pod each.
 * @throws ConfigurationError naming an option that is wrong or missing
 */
export function kubernetesLauncher(options: KubernetesOptions): Launcher {
  return launcher(kubernetesSettings({ ...options }))
}

export const kubernetesEntry: LauncherEntry = {
  options: kubernetesOptionNames,
  create: (options) => launcher(kubernetesSettings(options)),
  async endRemains({ context, namespace, secret = '' }) {
    const api = await KubernetesApi.open(context, namespace)
    await api.deleteSecret(secret)
    return `the Jobs of Secret ${secret} in namespace ${namespace}`
  },
}

function launcher(settings: KubernetesSettings): Launcher {
  return {
    name: 'kubernetes',
    queues: true,
    listen: ['ws://0.0.0.0:0'],
    open: (setting) => open(settings, setting),
    preview: (preview) => previewManifests(settings, preview),
  }
}

async function open(settings: KubernetesSettings, setting: LaunchSetting): Promise<LaunchSession> {
  const api = await KubernetesApi.open(settings.context, settings.namespace)
  const cluster: EngineCluster = {
    session: `yardmaster-${randomBytes(5).toString('hex')}`,
    cluster: setting.cluster,
    namespace: api.namespace,
    address: reachableAddress(setting.addresses[0] as string, settings.host ?? ownAddress()),
    concurrency: setting.concurrency,
    reconnectMs: setting.reconnectMs,
  }
  const secret = await api.createSecret(keySecret(cluster, settings, setting.key))
  try {
    const { context } = settings
    const what = { namespace: api.namespace, secret: secret.name, ...(context === undefined ? {} : { context }) }
    const forget = await noteRemains({ cluster: setting.cluster, launcher: 'kubernetes', what })
    const { log } = setting
    return await KubernetesSession.open({ api, cluster, settings, owner: ownedBy(secret), log, forget }).catch(
      async (error: unknown) => {
        await forget()
        throw error
      },
    )
  } catch (error) {
    await api.deleteSecret(secret.name).catch(() => {})
    throw error
  }
}

/** The first of this machine that others can reach: names are of no use to pods, which ask the cluster's own directory. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const others = all.filter(({ internal }) => !internal)
  return (others.find(({ family }) => family === 'IPv4') ?? others[0])?.address ?? '127.0.0.1'
}
