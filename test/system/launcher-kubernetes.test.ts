/** The launcher of Kubernetes passes the suite that launchers must, by the official client, against the API on loopback. */
import { join } from 'node:path'
import { beforeEach, describe, test, vi } from 'vitest'
import { launcherSuite } from 'yardmaster/testing'
import { createLauncher } from './from-dist.ts'
import { KubernetesOnLoopback } from './kubernetes-on-loopback.ts'

describe('under Kubernetes', () => {
  let kubernetes: KubernetesOnLoopback
  beforeEach(async () => {
    kubernetes = await KubernetesOnLoopback.start()
    vi.stubEnv('KUBECONFIG', kubernetes.kubeconfig)
    vi.stubEnv('YARDMASTER_DIR', join(kubernetes.folder, 'clusters'))
    return () => kubernetes[Symbol.asyncDispose]()
  })

  launcherSuite({
    name: 'kubernetes',
    runner: { describe, test },
    async setup() {
      const make = async (options: object) => ({
        ...(await createLauncher('kubernetes', { image: 'yardmaster:test', ...options })),
        listen: ['ws://127.0.0.1:0'],
      })
      return {
        launcher: await make({}),
        broken: { launcher: await make({ namespace: 'nowhere' }), words: /forbidden: POST .*nowhere\/secrets/ },
        isThere: async ({ job }) =>
          kubernetes.pods.some(({ metadata, status }) => metadata?.name === job && status?.phase === 'Running'),
      }
    },
  })
})
