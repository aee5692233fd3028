import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { TransportUnavailableError, type YardmasterError } from '../../core/errors.ts'
import { forwardArguments, reverseArguments, type SshPlace, tunnelArguments } from './arguments.ts'
import { forwardingError, lateError, loginError } from './errors.ts'

/** An `ssh` that does not end by itself is killed after this long. */
const killAfterMs = 2_000
/** Of what `ssh` writes, the end. */
const stderrMax = 16 * 1024
/** Of what a script answers. */
const answerMax = 1024 * 1024

/** Those whose process runs. What is left of them when this process ends, ends with it. */
const running = new Set<SshTunnel>()
const dropAll = (): void => {
  for (const tunnel of running) tunnel.drop()
}

/**
 * One login at another machine with the system's `ssh`: it runs a script there, then leads local sockets to addresses
 * there. The sockets lie in a folder that only this user can enter, and only until `keep`: nobody can use them but who has
 * connected by then. From there on `ssh` ends when the last of these connections does, whatever becomes of this process.
 */
export class SshTunnel {
  readonly #host: string
  readonly #timeoutMs: number
  readonly #folder: string
  readonly #child: ChildProcessWithoutNullStreams
  /** Resolves with its exit code when the process has ended, and all that it wrote was read. */
  readonly #ended: Promise<number | null>
  #stderr = ''
  #sockets = 0
  /** Why there is no process. */
  #unstarted: Error | undefined

  /**
   * Begins to log in. `timeoutMs` is for that and for each later step.
   * @throws ConfigurationError for a host that is none
   * @throws TransportUnavailableError where sockets have no paths
   */
  constructor(place: SshPlace, timeoutMs: number) {
    if (process.platform === 'win32') throw withoutPaths()
    this.#host = place.ssh
    this.#timeoutMs = timeoutMs
    this.#folder = mkdtempSync(join(tmpdir(), 'yardmaster-ssh-'))
    try {
      // In a group of its own: Ctrl-C is for the program, which may have something to say over this link before it ends.
      this.#child = spawn('ssh', tunnelArguments(place, this.#controlPath, timeoutMs), { detached: true })
    } catch (error) {
      this.#removeFolder()
      throw error
    }
    this.#child.stdin.on('error', () => {})
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrMax)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#unstarted = error
        if (this.#child.pid === undefined) resolve(null)
      })
      this.#child.once('close', resolve)
    })
    if (running.size === 0) process.on('exit', dropAll)
    running.add(this)
    void this.#ended.then(() => {
      this.#removeFolder()
      running.delete(this)
      if (running.size === 0) process.off('exit', dropAll)
    })
  }

  /**
   * Has `sh` there run a script, and resolves with all that it writes until the line `lastLine`.
   * @throws UnreachableError, AuthenticationError, ConfigurationError, TransportUnavailableError
   */
  async ask(script: string, lastLine: string): Promise<string> {
    const { stdout, stdin } = this.#child
    let answer = ''
    let hear = (_text: string): void => {}
    const answered = new Promise<'answered'>((resolve) => {
      hear = (text) => {
        if (answer.length > answerMax) return
        answer += text
        if (`\n${answer}`.includes(`\n${lastLine}\n`)) resolve('answered')
      }
    })
    stdout.setEncoding('utf8').on('data', hear)
    stdin.write(script)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, this.#timeoutMs, 'late')
    })
    const outcome = await Promise.race([answered, late, this.#ended])
    clearTimeout(timer)
    stdout.off('data', hear)
    if (outcome === 'answered') return answer
    await this.end()
    if (this.#unstarted) throw withoutSsh(this.#unstarted)
    if (outcome === 'late') throw lateError(this.#host, this.#stderr, this.#timeoutMs)
    throw loginError(this.#host, this.#stderr, outcome)
  }

  /**
   * Resolves with the path of a socket that leads to `target` there, whether or not somebody listens at it.
   * @throws UnreachableError
   */
  async forward(target: string): Promise<string> {
    const path = join(this.#folder, String(this.#sockets))
    this.#sockets += 1
    const { problem } = await this.#order(forwardArguments(this.#controlPath, path, target))
    if (problem === undefined) return path
    throw await this.failed(`ssh to ${this.#host} does not lead to ${target}: ${problem}`)
  }

  /**
   * Resolves with a port of 127.0.0.1 there that leads to `target` from here, as long as this lasts.
   * @throws UnreachableError, ConfigurationError
   */
  async reverse(target: string): Promise<number> {
    const { problem, answer } = await this.#order(reverseArguments(this.#controlPath, target))
    const port = Number(/^\d+$/m.exec(answer)?.[0])
    if (problem === undefined && port > 0) return port
    const why = problem ?? 'it does not say at which port it listens there'
    throw await this.failed(`ssh to ${this.#host} does not lead from there to ${target}: ${why}`)
  }

  /**
   * Has this command, as a shell reads it, take the place of `sh` there, and tells each line that it writes. It is to read nothing of its
   * input before it has written a line: what comes before may still be the shell's.
   */
  become(command: string, onLine: (line: string) => void): void {
    createInterface({ input: this.#child.stdout }).on('line', onLine)
    this.write(`exec ${command}\n`)
  }

  /** To what runs there. */
  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Resolves with the exit code of what ran there, 255 where `ssh` itself has failed, null where a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#ended
  }

  /** The end of what `ssh`, and what runs there, has written to its stderr. */
  get stderr(): string {
    return this.#stderr
  }

  /** By the process of this tunnel. */
  #order(args: readonly string[]): Promise<{ readonly problem: string | undefined; readonly answer: string }> {
    return new Promise((resolve) => {
      execFile('ssh', args, { timeout: this.#timeoutMs }, (error, answer, stderr) =>
        resolve({ problem: error ? stderr.trim() || error.message : undefined, answer }),
      )
    })
  }

  /** Ends it, since nothing came through, and resolves with why: `otherwise`, unless `ssh` tells. */
  async failed(otherwise: string, cause?: unknown): Promise<YardmasterError> {
    await this.end()
    return forwardingError(this.#host, this.#stderr, otherwise, cause)
  }

  /** From here on the tunnel is for those that have connected, and ends with the last of them. */
  keep(): void {
    this.#child.stdin.end()
    this.#removeFolder()
  }

  /** Ends it. Resolves when its process is gone; never rejects. */
  async end(): Promise<void> {
    this.drop()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs)
    await this.#ended
    clearTimeout(timer)
  }

  /** Ends it, without waiting until it has. */
  drop(): void {
    this.#child.kill()
    this.#removeFolder()
  }

  get #controlPath(): string {
    return join(this.#folder, 'c')
  }

  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function withoutSsh(cause: Error): TransportUnavailableError {
  return new TransportUnavailableError(
    `ssh cannot be started (${cause.message}): install the client of OpenSSH (Debian: apt install openssh-client), and have it in the PATH`,
    { cause },
  )
}

function withoutPaths(): TransportUnavailableError {
  return new TransportUnavailableError(
    'tunnels need sockets with paths, which ssh does not have on Windows. Make one yourself, ssh -N -L 10101:127.0.0.1:PORT host, and connect to ws://127.0.0.1:10101 with the key',
  )
}
