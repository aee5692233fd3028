/** After `stop()`, an error, Ctrl-C or `kill -9` there is no process, thread, socket or timer of ours. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalClusterOptions } from 'yardmaster'
import { isFull, scaled } from '../scale.ts'
import { killChildren, watched } from './children.ts'

const program = fileURLToPath(new URL('./programs/life.mjs', import.meta.url))

interface Setup {
  readonly name: string
  readonly options: LocalClusterOptions
}

const clusters: readonly Setup[] = [
  { name: 'inline engines', options: { engineKind: 'inline' } },
  ...scaled<readonly Setup[]>([{ name: 'thread engines', options: { engineKind: 'thread' } }], []),
  { name: 'thread engines with their own links', options: { engineKind: 'thread', transport: 'threads' } },
  { name: 'process engines, WebSocket', options: { engineKind: 'process', transport: 'websocket' } },
  { name: 'process engines, ZeroMQ', options: { engineKind: 'process', transport: 'zeromq' } },
]

function start(ending: string, options: object) {
  const child = watched(
    spawn(process.execPath, [program, ending, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Under this condition XState tells what a machine hears after its end.
      env: { ...process.env, NODE_OPTIONS: '--conditions=development' },
    }),
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return {
    child,
    exited: once(child, 'exit') as Promise<[number | null, string | null]>,
    stderr: () => stderr,
    async line() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`the program ended early: ${stderr}`)
      return JSON.parse(value)
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Engines notice the end of their launcher by themselves; that takes them a moment. */
async function allGone(pids: readonly number[]): Promise<boolean> {
  for (let tries = 0; tries < 200 && pids.some(isAlive); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
  return !pids.some(isAlive)
}

afterEach(killChildren)

/** Of a program that is killed the system ends every thread. */
const ofProcesses = clusters.filter(({ options }) => options.engineKind === 'process')
/** In other endings engines that are processes do the same by whatever link. */
const telling = clusters.filter(({ options }) => isFull || options.transport !== 'zeromq')

it.each(clusters)('$name leave nothing, and say nothing, after stop() in the middle of tasks', async ({ options }) => {
  const { line, exited, stderr } = start('leave', options)
  const { pids } = await line()
  expect(await line()).toEqual({ left: [] })
  expect(await exited).toEqual([0, null])
  expect(stderr()).toBe('')
  expect(await allGone(pids)).toBe(true)
})

describe.each(telling)('$name', ({ options }) => {
  it('leave nothing after stop(): the program ends by itself', async () => {
    const { line, exited, stderr } = start('return', options)
    const { pids, squares } = await line()
    expect(squares).toEqual([1, 4, 9])
    expect(pids).toHaveLength(options.engineKind === 'process' ? 2 : 0)
    expect(await line()).toEqual({ left: [] })
    expect(await exited).toEqual([0, null])
    expect(stderr()).toBe('')
    expect(await allGone(pids)).toBe(true)
  })

  it('leave nothing after an error', async () => {
    const { line, exited, stderr } = start('throw', options)
    const { pids } = await line()
    expect(await exited).toEqual([1, null])
    expect(stderr()).toContain('thrown on purpose')
    expect(await allGone(pids)).toBe(true)
  })

  it('leave nothing after SIGINT', async () => {
    const { child, line, exited } = start('wait', options)
    const { pids } = await line()
    child.kill('SIGINT')
    expect(await exited).toEqual([null, 'SIGINT'])
    expect(await allGone(pids)).toBe(true)
  })
})

describe.each(ofProcesses)('$name', ({ options }) => {
  it('leave nothing after SIGKILL', async () => {
    const { child, line, exited } = start('wait', options)
    const { pids } = await line()
    expect(pids).toHaveLength(2)
    child.kill('SIGKILL')
    expect(await exited).toEqual([null, 'SIGKILL'])
    expect(await allGone(pids)).toBe(true)
  })

  it('leave nothing after SIGKILL in the middle of a task that never ends', async () => {
    const { child, line, exited } = start('busy', options)
    const { pids } = await line()
    expect(await line()).toEqual({ emitted: 'begun' })
    child.kill('SIGKILL')
    await exited
    expect(await allGone(pids)).toBe(true)
  })
})
