import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Where the commands of a test run: the test programs are beside it. */
export const here = fileURLToPath(new URL('.', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command, with a folder of connection files of its own. */
export class Yardmaster implements Disposable {
  /** For what a test writes. */
  readonly folder = mkdtempSync(join(tmpdir(), 'yardmaster-cli-'))
  /** The command makes it when it needs it. */
  readonly directory = join(this.folder, 'clusters')
  /** Every command so far. */
  readonly started: Running[] = []

  constructor() {
    mkdirSync(join(this.folder, 'bin'))
    writeFileSync(join(this.folder, 'bin/yardmaster'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
      mode: 0o700,
    })
  }

  /** Runs one command to its end. */
  run(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const running = this.spawn(args, environment)
    running.stdin.end(input)
    return running.over
  }

  spawn(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
    return this.#spawn(process.execPath, [main, ...args], environment)
  }

  /** Runs a line of shell, in which `yardmaster` is the command. */
  shell(line: string): Promise<Ended> {
    const PATH = `${join(this.folder, 'bin')}:${process.env.PATH}`
    const running = this.#spawn('sh', ['-c', line], { PATH })
    running.stdin.end()
    return running.over
  }

  /** Names of the files that commands have written, in order. */
  get files(): string[] {
    return existsSync(this.directory) ? readdirSync(this.directory).sort() : []
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** Ends what a failed test left running. */
  [Symbol.dispose](): void {
    for (const running of this.started) running.kill('SIGKILL')
    for (const file of this.files.filter((file) => file.endsWith('.json'))) {
      const { pid } = JSON.parse(readFileSync(this.path(file), 'utf8')) as { pid: number }
      const [present] = family(pid)
      if (present?.pid === pid && present.command.startsWith('yardmaster ')) process.kill(pid, 'SIGKILL')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawn(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Running {
    const env = { ...process.env, YARDMASTER_DIR: this.directory, ...environment }
    const running = new Running(spawn(command, args, { cwd: here, env }))
    this.started.push(running)
    return running
  }
}

/** A command that was started, and what it has written so far. */
export class Running {
  stdout = ''
  stderr = ''
  /** All of both, in the order in which it came. */
  readonly bytes: Buffer[] = []
  /** Resolves when it has ended and everything is read. */
  readonly over: Promise<Ended>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #listeners = new Set<() => void>()
  #isOver = false

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    // It may end before it has read everything.
    child.stdin.on('error', () => {})
    for (const name of ['stdout', 'stderr'] as const) {
      const decoder = new StringDecoder('utf8')
      child[name].on('data', (chunk: Buffer) => {
        this.bytes.push(chunk)
        this[name] += decoder.write(chunk)
        this.#tell()
      })
    }
    this.over = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#isOver = true
        this.#tell()
        resolve({ code, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  get stdin(): Writable {
    return this.#child.stdin
  }

  /** As a reader does that has enough. */
  closeOutput(): void {
    this.#child.stdout.destroy()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves as soon as what was written matches. Rejects when it ended without. */
  says(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (pattern.test(this[stream])) resolve()
        else if (this.#isOver) reject(new Error(`ended without ${pattern}: ${this.stdout}${this.stderr}`))
        else return
        this.#listeners.delete(look)
      }
      this.#listeners.add(look)
      look()
    })
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

export interface ProcessFacts {
  readonly pid: number
  readonly command: string
}

/** A process, first, and all that it started. */
export function family(pid: number): ProcessFacts[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] as string }] : [],
    )
  const members = new Set([pid])
  for (let before = 0; before !== members.size; ) {
    before = members.size
    for (const one of all) if (members.has(one.parent)) members.add(one.pid)
  }
  return all.filter((one) => members.has(one.pid)).sort((a, b) => Number(b.pid === pid) - Number(a.pid === pid))
}

/** Resolves when none of these processes is left. A test that waits in vain is ended by its time limit. */
export async function gone(members: readonly { readonly pid: number }[]): Promise<void> {
  while (members.some(({ pid }) => isThere(pid))) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Whether the process runs. One that has ended does not, although its parent may not have asked how. */
export function isThere(pid: number): boolean {
  const states = execFileSync('ps', ['-A', '-o', 'pid=,stat='], { encoding: 'utf8' })
  return new RegExp(`^ *${pid} +[^Z]`, 'm').test(states)
}

/** Lines of JSON. */
export function lines(text: string): unknown[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

export function keyIn(connectionFile: string): string {
  return (JSON.parse(readFileSync(connectionFile, 'utf8')) as { key: string }).key
}
