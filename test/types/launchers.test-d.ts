import { test } from 'vitest'
import { Cluster, registerLauncher } from 'yardmaster'
import { launcherSuite } from 'yardmaster/testing'

declare module 'yardmaster' {
  interface LaunchersByName {
    pigeons: { readonly loft: string }
  }
}

test('a launcher of one’s own is known by name, with its options', () => {
  registerLauncher('pigeons', {
    options: ['loft'],
    create: ({ loft }) => ({
      name: 'pigeons',
      queues: true,
      listen: [`ws://${loft}:0`],
      open: async ({ addresses, key, log }) => {
        log('info', `${addresses[0]} ${key.length}`)
        return { launch: async () => [], close: async () => {} }
      },
    }),
  })
  void Cluster.start({ launcher: 'pigeons', loft: 'here', engines: 2 })
  // @ts-expect-error it needs its loft
  void Cluster.start({ launcher: 'pigeons', engines: 2 })
  const runner = { describe: () => {}, test: Object.assign(() => {}, { skip: () => {} }) }
  // @ts-expect-error no such case
  launcherSuite({ name: 'pigeons', runner, setup: () => Promise.reject(), exceptions: { 'flies home': 'it rains' } })
})
