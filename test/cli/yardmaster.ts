import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Where the commands of a test run: the test programs are beside it. */
export const here = fileURLToPath(new URL('.', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command in a directory of connection files of its own. */
export class Yardmaster implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'yardmaster-cli-'))

  /** Runs one command to its end. */
  async run(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const child = this.spawn(args, environment)
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    return ended(child)
  }

  spawn(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [main, ...args], {
      cwd: here,
      env: { ...process.env, YARDMASTER_DIR: this.directory, ...environment },
    })
  }

  get files(): string[] {
    return readdirSync(this.directory).sort()
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

/** Resolves with what the child has written, as soon as that matches. */
export function said(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const listen = (piece: string | Buffer): void => {
      text += piece
      if (!pattern.test(text)) return
      stream.off('data', listen)
      resolve(text)
    }
    stream.on('data', listen)
    stream.once('end', () => reject(new Error(`ended without ${pattern}: ${text}`)))
  })
}

export interface ProcessFacts {
  readonly pid: number
  readonly command: string
}

/** A process and all that it started. */
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
  return all.filter((one) => members.has(one.pid)).map(({ pid: id, command }) => ({ pid: id, command }))
}

/** Resolves when none of these processes is left. A test that waits in vain is ended by its time limit. */
export async function gone(members: readonly ProcessFacts[]): Promise<void> {
  while (members.some(({ pid }) => isThere(pid))) await new Promise((resolve) => setTimeout(resolve, 20))
}

export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export function lines(text: string): unknown[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
