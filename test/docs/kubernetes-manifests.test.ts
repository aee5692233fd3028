import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kubernetesLauncher } from '../../cluster/launchers/kubernetes/kubernetes.ts'

test('the manifests of docs/KUBERNETES.md are those that the launcher makes', async () => {
  const page = readFileSync(new URL('../../docs/KUBERNETES.md', import.meta.url), 'utf8')
  const launcher = kubernetesLauncher({ image: 'registry.example/mine:1', cpus: 1, memory: '2Gi' })
  const seats = [{ name: 'kubernetes-0', launch: 'LAUNCH-0' }]
  const printed = await launcher.preview?.({ cluster: 'default', concurrency: 1, reconnectMs: 30_000, seats })
  // In the page quotes are as the formatter has them.
  expect(/```yaml\n([\s\S]*?)```/.exec(page)?.[1]?.replaceAll('"', "'")).toBe(printed)
})
