import type { LaunchPreview } from '../launcher.ts'
import { loadClient } from './kubernetes-api.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'
import { type EngineCluster, engineJob, keySecret, ownedBy } from './manifests.ts'

/** The objects that would be made, as YAML. What is known only then stands in capitals. */
export async function previewManifests(settings: KubernetesSettings, preview: LaunchPreview): Promise<string> {
  const { dumpYaml } = await loadClient()
  const cluster: EngineCluster = {
    session: 'yardmaster-session',
    namespace: settings.namespace ?? 'default',
    address: `wss://${settings.host ?? 'HOST'}:PORT`,
    ...preview,
  }
  const secret = keySecret(cluster, settings, new Uint8Array(0))
  const owner = ownedBy({ name: cluster.session, uid: 'UID-OF-THE-SECRET' })
  const jobs = preview.seats.map((seat, number) => engineJob(seat, number, cluster, settings, owner))
  return [{ ...secret, data: { key: 'KEY-IN-BASE64' } }, ...jobs].map((object) => dumpYaml(object)).join('---\n')
}
