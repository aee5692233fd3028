/** The examples give what a serial computation gives, on threads and on processes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LocalClusterOptions } from 'yardmaster'
import { outline, outlines, pages } from '../../examples/documents.ts'
import { analyzed, analyzedSerially, firstSlow, writeLog } from '../../examples/log-analysis.ts'
import { blackScholes, option, simulated, simulatedSerially } from '../../examples/monte-carlo.ts'
import { penalties, sets, swept, sweptSerially } from '../../examples/parameter-sweep.ts'
import { scaled } from '../scale.ts'
import { sharedCluster } from './combinations.ts'

const links: readonly { name: string; options: LocalClusterOptions; client: 'memory' | 'wire' }[] = [
  { name: 'threads', options: { engineKind: 'thread', transport: 'threads' }, client: 'memory' },
  { name: 'processes, ZeroMQ', options: { engineKind: 'process', transport: 'zeromq' }, client: 'wire' },
  { name: 'processes, WebSocket', options: { engineKind: 'process', transport: 'websocket' }, client: 'wire' },
]

describe.each(scaled(links, links.slice(0, 2)))('on $name', (link) => {
  const here = sharedCluster(link)

  it('an option is priced by simulation, as its formula does', () =>
    here(async (client) => {
      const estimate = await simulated(client, option, 20, 2_000)
      expect(estimate).toEqual(simulatedSerially(option, 20, 2_000))
      expect(Math.abs(estimate.price - blackScholes(option))).toBeLessThan(estimate.margin * 2)
      expect(estimate.margin).toBeLessThan(0.3)
    }))

  it('a sweep loads each set once, fits where it lies, and goes on where fits fail', () =>
    here(async (client) => {
      expect(await swept(client)).toEqual(sweptSerially())
      const states = (await client.query({})).map(({ label, state, engineId }) => ({ label, state, engineId }))
      expect(states.filter(({ state }) => state === 'failed')).toHaveLength(sets.length)
      for (const set of sets) {
        const there = states.filter(({ label }) => label?.endsWith(` ${set}`))
        expect(there).toHaveLength(penalties.length + 2)
        expect(new Set(there.map(({ engineId }) => engineId)).size).toBe(1)
      }
    }))

  it('documents are parsed by a package', () =>
    here(async (client) => {
      const files = await pages()
      const found = await outlines(client, files)
      expect(found).toEqual(await Promise.all(files.map(outline)))
      expect(found[0]).toMatchObject({ file: 'README.md', title: 'Yardmaster' })
    }))

  it('a log is counted while it is read, and searched until enough was found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-log-'))
    try {
      const file = join(folder, 'access.log')
      await writeLog(file, 20_500)
      const expected = await analyzedSerially(file)
      expect(expected.lines).toBe(20_500)
      await here(async (client) => {
        const progress: number[] = []
        expect(await analyzed(client, file, (lines) => progress.push(lines))).toEqual(expected)
        expect(progress).toHaveLength(21)
        const slow = await firstSlow(client, file, 790, 3)
        expect(slow).toHaveLength(3)
        for (const line of slow) expect(line).toMatch(/ 79\dms$/)
        expect(await firstSlow(client, file, 800, 3)).toEqual([])
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
