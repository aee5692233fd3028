/** The launchers of this machine pass the suite that launchers must; one of a user's own starts a cluster, too. */
import { describe, expect, it, test } from 'vitest'
import { Cluster, type ClusterOptions, type Launcher, registerLauncher } from 'yardmaster'
import { type LauncherCase, launcherSuite } from 'yardmaster/testing'
import { createLauncher } from './from-dist.ts'

const runner = { describe, test }
const here: Partial<Record<LauncherCase, string>> = {
  "says in the system's own words why none starts": 'a thread of this process starts',
}

launcherSuite({
  name: 'thread, link in this thread',
  runner,
  setup: async () => ({ launcher: await createLauncher('thread', {}) }),
  exceptions: here,
})
launcherSuite({
  name: 'thread, link in a thread',
  runner,
  setup: async () => ({ launcher: await createLauncher('thread', { transport: 'threads' }) }),
  exceptions: { ...here, 'tells of an engine that does not reach its controller, and why': 'it is given its link' },
})
launcherSuite({
  name: 'process',
  runner,
  setup: async () => ({
    launcher: await createLauncher('process', {}),
    broken: {
      launcher: await createLauncher('process', { nodeOptions: ['--no-such-option'] }),
      words: /code 9: .*bad option: --no-such-option/,
    },
  }),
})

describe('a launcher of one’s own', () => {
  const starts: string[] = []
  const own = (engines: Launcher): Launcher => ({
    ...engines,
    name: 'mine',
    open: async (setting) => {
      const session = await engines.open(setting)
      return {
        launch: (seats) => {
          starts.push(...seats.map(({ name }) => name))
          return session.launch(seats)
        },
        close: () => session.close(),
      }
    },
  })

  it('is taken as it is, or by the name under which it was registered', async () => {
    const local = await createLauncher('thread', {})
    registerLauncher('mine', { options: ['flavour'], create: ({ flavour }) => ({ ...own(local), name: `${flavour}` }) })
    const byName = { engines: 2, launcher: 'mine', flavour: 'sweet' } as unknown as ClusterOptions
    for (const options of [{ engines: 2, launcher: own(local) }, byName]) {
      await using cluster = await Cluster.start(options)
      const client = await cluster.connect()
      expect(await client.loadBalancedView().map((x: number) => x * x, [1, 2, 3])).toEqual([1, 4, 9])
    }
    expect(starts).toEqual(['mine-0', 'mine-1', 'sweet-0', 'sweet-1'])
  })

  it('is told what is wrong', async () => {
    const start = (options: object) => Cluster.start({ engines: 1, ...options } as ClusterOptions)
    const local = await createLauncher('thread', {})
    const cases: [object, RegExp][] = [
      [{ launcher: 'slrum' }, /no launcher "slrum"; there are: thread, process, inline, ssh.*registerLauncher/],
      [{ launcher: 'ssh' }, /hosts must be a list of machines/],
      [{ launcher: 'ssh', hosts: ['-V'] }, /"-V" is no host for ssh/],
      [{ launcher: 'ssh', hosts: [{ engines: 2 }] }, /each of hosts must be a text, or \{ ssh/],
      [{ launcher: 'ssh', hosts: ['a'], remoteCommand: 'a\nb' }, /remoteCommand must be one line/],
      [{ launcher: 'ssh', hosts: ['a'], transport: 'memory' }, /with launcher ssh, transport must be the address/],
      [{ launcher: 'process', engineKind: 'thread' }, /engineKind is thread and launcher process/],
      [{ launcher: 'process', transport: 'memory' }, /engines of kind process cannot be linked by memory/],
      [
        { launcher: 'ssh', hosts: ['a'], sshOptions: '-p 1' },
        /sshOptions must be a list of texts, not "-p 1"; write sshOptions=\["-p","1"\]/,
      ],
      [{ launcher: 'process', nodeOptions: 1 }, /nodeOptions must be a list of texts, not 1/],
      [
        { nonsense: 1 },
        /Cluster\.start has no option nonsense; there are abortGraceMs, .*waitForEngines, and those of the launcher/,
      ],
      [{ hosts: ['a'] }, /the option hosts is one of another launcher than thread: it goes with launcher: 'ssh'/],
      [{ launcher: 'slurm', hosts: ['a'] }, /hosts is one of another launcher than slurm/],
      [{ engineKind: 'thread', nodeOptions: [] }, /nodeOptions .* goes with launcher: 'process'/],
      [{ launcher: own(local), hosts: ['a'] }, /the option hosts belongs to the launcher itself/],
      [{ waitForEngines: 2 }, /waitForEngines must be a whole number from 0 to 1/],
    ]
    for (const [options, message] of cases) {
      await expect(start(options)).rejects.toMatchObject({
        code: 'YM_CONFIGURATION',
        message: expect.stringMatching(message),
      })
    }
  })
})
