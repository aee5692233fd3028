/** A real sshd on loopback, with keys, users' keys and a configuration of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { SshAddress } from 'yardmaster'
import { freePort } from '../free-port.ts'

const program = (process.env.PATH ?? '')
  .split(':')
  .concat('/usr/sbin', '/usr/local/sbin')
  .map((folder) => join(folder, 'sshd'))
  .find(existsSync)

/** One that is not there by then has failed. */
const startWithinMs = 20_000

/** As it is now: a test may change it. */
const base = tmpdir()

/** Why there can be none here, if so. */
export const withoutSshd =
  program === undefined ? 'no sshd is installed (Debian: apt install openssh-server)' : undefined

/** Of the key `locked`. */
export const passphrase = 'a phrase to remember'

export class Sshd implements AsyncDisposable {
  /** Of everything that it needs. */
  readonly folder: string
  /** Where a cluster of the remote machine has its connection files. */
  readonly clusters: string
  readonly #lines: readonly string[]
  #port = 0
  #process: ChildProcess | undefined

  /** Listens when it resolves. `lines` are further ones of its configuration. */
  static async start(lines: readonly string[] = []): Promise<Sshd> {
    const sshd = new Sshd(lines)
    try {
      await sshd.resume()
      return sshd
    } catch (error) {
      await sshd[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(lines: readonly string[]) {
    this.folder = mkdtempSync(join(base, 'sshd-'))
    this.clusters = join(this.folder, 'clusters')
    this.#lines = lines
    for (const name of ['host', 'mine', 'other', 'locked']) {
      const phrase = name === 'locked' ? passphrase : ''
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', phrase, '-C', name, '-f', join(this.folder, name)])
    }
    this.admit('mine', 'locked')
  }

  get port(): number {
    return this.#port
  }

  /** From here on these keys let in. */
  admit(...names: string[]): void {
    const keys = names.map((name) => readFileSync(join(this.folder, `${name}.pub`), 'utf8'))
    writeFileSync(join(this.folder, 'authorized_keys'), keys.join(''))
  }

  /** How a client comes in; `alias` is one of the configuration: `yard`, `stranger` (another key), `unknown` (no known host), `locked` (a key with a passphrase). */
  address(alias = 'yard'): SshAddress & { readonly sshOptions: string[] } {
    return { ssh: alias, sshOptions: ['-F', this.config] }
  }

  /** What the commands of its clients have in their arguments. */
  get config(): string {
    return join(this.folder, 'ssh_config')
  }

  /** Starts to listen, at the same port as before. */
  async resume(): Promise<void> {
    // A root's sshd wants this folder, which the system makes when it starts one as a service.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    this.#port ||= await freePort()
    this.#configure()
    // It ends with this process, also where that is killed: then the shell has no more to read.
    const script = '"$@" & read -r line; kill $!'
    const args = ['-c', script, 'sh', program as string, '-D', '-e', '-f', join(this.folder, 'sshd_config')]
    const child = spawn('sh', args, { stdio: ['pipe', 'ignore', 'pipe'] })
    this.#process = child
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    const giveUpAt = performance.now() + startWithinMs
    while (!(await answers(this.#port))) {
      if (performance.now() > giveUpAt) throw new Error(`sshd does not listen: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Ends it with all its connections, as when a machine goes. */
  async cut(): Promise<void> {
    const child = this.#process
    if (!child) return
    const ended = once(child, 'exit')
    for (let left = this.#family; left.length > 0; left = this.#family) for (const { pid } of left) killIfThere(pid)
    child.stdin?.end()
    await ended
    this.#process = undefined
  }

  /** The processes that serve its connections. */
  get sessions(): number[] {
    return this.#family.filter(({ parent }) => parent !== this.#process?.pid).map(({ pid }) => pid)
  }

  /** What listens, and what that has started. */
  get #family(): ProcessFacts[] {
    const members = new Set([this.#process?.pid])
    const all = processes().filter(({ args }) => args.includes('sshd'))
    for (let before = 0; before !== members.size; ) {
      before = members.size
      for (const { pid, parent } of all) if (members.has(parent)) members.add(pid)
    }
    return all.filter(({ pid }) => pid !== this.#process?.pid && members.has(pid))
  }

  /** Those of the system's `ssh` that were started to come here. */
  get clients(): number[] {
    return processes()
      .filter(({ args }) => args.startsWith('ssh ') && args.includes(this.config))
      .map(({ pid }) => pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #configure(): void {
    const path = (name: string) => join(this.folder, name)
    const { username } = userInfo()
    const server = [
      `Port ${this.#port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${path('host')}`,
      `AuthorizedKeysFile ${path('authorized_keys')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      `SetEnv YARDMASTER_DIR=${this.clusters}`,
    ]
    writeFileSync(path('sshd_config'), [...server, ...this.#lines, ''].join('\n'))
    const host = (alias: string, ...lines: string[]) => [`Host ${alias}`, ...lines.map((line) => `  ${line}`)]
    const known = [`UserKnownHostsFile ${path('known_hosts')}`, 'StrictHostKeyChecking accept-new']
    const client = [
      ...host('yard', ...known, `IdentityFile ${path('mine')}`),
      ...host('stranger', ...known, `IdentityFile ${path('other')}`),
      ...host('unknown', 'UserKnownHostsFile /dev/null', 'StrictHostKeyChecking yes', `IdentityFile ${path('mine')}`),
      ...host('locked', ...known, `IdentityFile ${path('locked')}`),
      ...host('yard stranger unknown locked', 'HostName 127.0.0.1', `Port ${this.#port}`, `User ${username}`),
      ...host('*', 'IdentitiesOnly yes', 'IdentityAgent none'),
    ]
    writeFileSync(this.config, [...client, ''].join('\n'))
  }
}

interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly args: string
}

/** All that run; not those that have ended, and that nobody has asked how. */
export function processes(): ProcessFacts[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8', maxBuffer: 2 ** 25 })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+[^Z\s]\S*\s+(.*)$/.exec(line))
    .flatMap((match) => (match ? [{ pid: Number(match[1]), parent: Number(match[2]), args: match[3] as string }] : []))
}

/** Whether an sshd says who it is there. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', (data) => resolve(data.toString().startsWith('SSH-')))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('data', () => socket.destroy())
  })
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
