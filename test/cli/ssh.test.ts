/** The commands for a cluster of another machine, which here is this one, by way of an sshd. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Sshd, withoutSshd } from '../system/sshd.ts'
import { lines, Yardmaster } from './yardmaster.ts'

// Debian installs it with `apt-get install openssh-server`, and the build does.
describe.skipIf(withoutSshd)('--ssh (needs sshd)', () => {
  let sshd: Sshd
  let yardmaster: Yardmaster
  let there: NodeJS.ProcessEnv
  let here: NodeJS.ProcessEnv

  beforeAll(async () => {
    yardmaster = new Yardmaster()
    sshd = await Sshd.start()
    there = { YARDMASTER_DIR: sshd.clusters }
    // The user's own configuration is out of reach.
    const bin = join(yardmaster.folder, 'ssh')
    mkdirSync(bin)
    const script = `#!/bin/sh\nPATH='${process.env.PATH}' exec ssh -F '${sshd.config}' "$@"\n`
    writeFileSync(join(bin, 'ssh'), script, { mode: 0o700 })
    here = { PATH: `${bin}:${process.env.PATH}` }
  })
  afterAll(async () => {
    await yardmaster.run(['stop', '--now'], '', there)
    yardmaster[Symbol.dispose]()
    await sshd?.[Symbol.asyncDispose]()
  })

  test('says that there is no cluster, or no way', async () => {
    const missing = await yardmaster.run(['status', '--ssh', 'yard'], '', here)
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toMatch(
      /^yardmaster: there is no connection file .*default\.json on yard\. .*YM_CONFIG.*\n$/,
    )
    const stranger = await yardmaster.run(['map', './programs/tasks.js', '--ssh', 'stranger'], '1\n', here)
    expect(stranger).toMatchObject({ code: 2, stdout: '' })
    expect(stranger.stderr).toContain('stranger does not let ssh in')
  })

  test('status, map and stop reach the cluster there', async () => {
    expect(await yardmaster.run(['start', '-n', '2'], '', there)).toMatchObject({ code: 0 })
    const status = await yardmaster.run(['status', '--ssh', 'yard', '--json'], '', here)
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(status.stdout)).toMatchObject({ name: 'default', ssh: 'yard', engines: [{ id: 0 }, { id: 1 }] })
    const text = await yardmaster.run(['status', '--ssh', 'yard'], '', here)
    expect(text.stdout).toMatch(/^cluster 'default' on yard\ntasks: /)
    const map = await yardmaster.run(['map', './programs/tasks.js', '--ssh', 'yard'], '3\n4\n', here)
    expect(map).toMatchObject({ code: 0 })
    expect(lines(map.stdout)).toEqual([9, 16])
    const stop = await yardmaster.run(['stop', '--ssh', 'yard'], '', here)
    expect(stop).toEqual({ code: 0, stdout: "cluster 'default' on yard has stopped\n", stderr: '' })
    expect((await yardmaster.run(['status'], '', there)).stderr).toContain("no cluster named 'default' is running")
    expect(yardmaster.files).toEqual([])
    await expect.poll(() => sshd.clients).toEqual([])
  })

  test('goes with nothing that is of this machine alone', async () => {
    for (const args of [
      ['stop', '--ssh', 'yard', '--now'],
      ['map', './programs/tasks.js', '--ssh', 'yard', '-n', '2'],
    ]) {
      const { code, stderr } = await yardmaster.run(args, '', here)
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/cannot be used with option/) })
    }
  })
})
