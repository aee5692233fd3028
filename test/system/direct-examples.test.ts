/** The examples of the direct interface give what a serial computation gives. */
import { describe, expect, it } from 'vitest'
import type { LocalClusterOptions } from 'yardmaster'
import { difference, standardized, standardizedSerially, waves } from '../../examples/numeric-array.ts'
import { plate, simulated, simulatedSerially } from '../../examples/stencil.ts'
import { scaled } from '../scale.ts'
import { sharedCluster } from './combinations.ts'

const links: readonly { name: string; options: LocalClusterOptions; client: 'memory' | 'wire' }[] = [
  { name: 'threads', options: { engineKind: 'thread', transport: 'threads' }, client: 'memory' },
  { name: 'processes, ZeroMQ', options: { engineKind: 'process', transport: 'zeromq' }, client: 'wire' },
  { name: 'processes, WebSocket', options: { engineKind: 'process', transport: 'websocket' }, client: 'wire' },
]

describe.each(scaled(links, links.slice(0, 2)))('on $name', (link) => {
  const here = sharedCluster(link)

  it('an array is standardized in parts', async () => {
    await here(async (client) => {
      for (const length of [100_003, 7, 2]) {
        const values = waves(length)
        const result = await standardized(client, values)
        expect(result.scores).toHaveLength(length)
        expect(difference(result, standardizedSerially(values))).toBeLessThan(1e-10)
      }
    })
  })

  it('heat spreads over a plate whose blocks of rows lie on different engines', async () => {
    await here(async (client) => {
      const start = plate(30, 23)
      const result = await simulated(client, start, 25)
      expect(result).toEqual(simulatedSerially(start, 25))
      expect(result).not.toEqual(start)
      const small = plate(3, 5)
      expect(await simulated(client, small, 4)).toEqual(simulatedSerially(small, 4))
    })
  })
})
