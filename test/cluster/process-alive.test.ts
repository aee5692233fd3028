import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { isAlive, isYardmaster, waitForEnd } from '../../cluster/process-alive.ts'

test('a process that runs is alive', async () => {
  expect(isAlive(process.pid)).toBe(true)
  expect(await waitForEnd(process.pid, 1)).toBe(false)
})

// Elsewhere the system's first process asks at once how any process ended.
test.runIf(process.platform === 'linux')('one that ended is not, although its parent never asks how', async () => {
  const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  try {
    const [child] = (await once(parent.stdout as Readable, 'data')) as [Buffer]
    expect(isAlive(Number(child))).toBe(true)
    // The shell would ask; `sleep` does not.
    await vi.waitUntil(() => readFileSync(`/proc/${parent.pid}/cmdline`, 'utf8').startsWith('sleep'), 30_000)
    const input = parent.stdio[3] as Writable
    input.end()
    expect(await waitForEnd(Number(child), 30_000)).toBe(true)
    expect(() => process.kill(Number(child), 0)).not.toThrow()
  } finally {
    parent.kill()
  }
})

test('only what calls itself so is Yardmaster', async () => {
  const [namesake, stranger] = ['yardmaster default', 'stranger'].map((name) =>
    spawn(process.execPath, ['-e', 'process.title = process.argv[1]; console.log(); setInterval(() => {}, 1e6)', name]),
  ) as [ReturnType<typeof spawn>, ReturnType<typeof spawn>]
  try {
    await Promise.all([namesake, stranger].map(({ stdout }) => stdout && once(stdout, 'data')))
    expect(await isYardmaster(namesake.pid as number)).toBe(true)
    expect(await isYardmaster(stranger.pid as number)).toBe(false)
  } finally {
    namesake.kill()
    stranger.kill()
  }
})
