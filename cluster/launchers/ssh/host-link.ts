import { constants } from 'node:os'
import { ConfigurationError, EngineStartError, type ErrorCode } from '../../../core/errors.ts'
import { addressThere, forwardTarget } from '../../../transports/ssh/target.ts'
import { SshTunnel } from '../../../transports/ssh/tunnel.ts'
import { HostWatch } from '../hosted-engine.ts'
import { wordsBehind } from '../last-words.ts'
import type { EngineHandle, EngineSeat, LaunchSetting } from '../launcher.ts'
import { agentMark, agentProtocol, type FromAgent, lineToAgent, readFromAgent, type ToAgent } from './agent-messages.ts'
import type { SshHost, SshSettings } from './options.ts'

type There = Extract<FromAgent, { type: 'there' }>

const loggedIn = `${agentMark}in`
/** What a shell ends with that does not find a command, or may not run it. */
const notFound = [126, 127]

/** A login at one machine, and the agent there that starts engines. Its engines end with it. */
export class SshHostLink {
  readonly #host: string
  readonly #tunnel: SshTunnel
  readonly #setting: LaunchSetting
  readonly #watches = new Map<string, HostWatch>()
  /** Where engines there reach the controller. */
  #address = ''
  /** What the machine calls itself. */
  #hostname = ''
  #isOpen = true

  /** Rejects with a coded error that says what to do; then nothing is left. */
  static async open(host: SshHost, settings: SshSettings, setting: LaunchSetting): Promise<SshHostLink> {
    const link = new SshHostLink(host, settings, setting)
    try {
      await link.#begin(settings)
      return link
    } catch (error) {
      await link.close()
      throw error
    }
  }

  private constructor(host: SshHost, { loginTimeoutMs }: SshSettings, setting: LaunchSetting) {
    this.#host = host.ssh
    this.#setting = setting
    this.#tunnel = new SshTunnel(host, loginTimeoutMs)
    void this.#tunnel.ended.then(() => this.#ended())
  }

  /** Whether engines can be started by it. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  start({ name, launch }: EngineSeat): EngineHandle {
    const watch = new HostWatch()
    this.#watches.set(launch, watch)
    const { key, concurrency, reconnectMs } = this.#setting
    this.#say({
      type: 'start',
      launch,
      name,
      address: this.#address,
      key: Buffer.from(key).toString('base64url'),
      concurrency,
      reconnectMs,
    })
    // It has ended meanwhile.
    if (!this.#isOpen) this.#ended()
    return {
      launch,
      get place() {
        return watch.place
      },
      began: watch.began,
      ended: watch.ended,
      signal: async (signal) => {
        if (!(signal in constants.signals)) throw new ConfigurationError(`there is no signal ${signal}`)
        this.#say({ type: 'signal', launch, signal })
      },
      stop: async () => {
        this.#say({ type: 'stop', launch })
        await watch.ended
      },
    }
  }

  /** Logs out. Engines that are still there end. Never rejects. */
  async close(): Promise<void> {
    this.#isOpen = false
    await this.#tunnel.end()
  }

  async #begin({ isTunneled, remoteCommand, loginTimeoutMs }: SshSettings): Promise<void> {
    await this.#tunnel.ask(`echo '${loggedIn}'\n`, loggedIn)
    const address = this.#setting.addresses[0] as string
    this.#address = isTunneled ? addressThere(address, await this.#tunnel.reverse(forwardTarget(address))) : address
    const { protocol, host, version } = await this.#agentIsThere(remoteCommand, loginTimeoutMs)
    if (protocol !== agentProtocol) {
      throw new EngineStartError(
        `Yardmaster ${version} on ${this.#host} does not understand this one: install the same version on both machines`,
      )
    }
    this.#hostname = host
  }

  #agentIsThere(command: string, timeoutMs: number): Promise<There> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#noAgent(command, `not there within ${timeoutMs} ms`)), timeoutMs)
      void this.#tunnel.ended.then((code) => {
        clearTimeout(timer)
        reject(this.#noAgent(command, code))
      })
      this.#tunnel.become(`${command} launch-agent`, (line) => {
        const message = readFromAgent(line)
        if (message?.type === 'there') {
          clearTimeout(timer)
          resolve(message)
        } else if (message) this.#hear(message)
      })
    })
  }

  #noAgent(command: string, how: number | string | null): EngineStartError {
    const words = wordsBehind(this.#tunnel.stderr)
    const details = { host: this.#host, command }
    if (typeof how === 'number' && notFound.includes(how)) {
      return new EngineStartError(
        `${this.#host} has no command \`${command}\`: install Yardmaster there (npm install --global yardmaster), or say how it is run there (remoteCommand: '/path/to/node /path/to/yardmaster/dist/cli/main.js')${words}`,
        { details },
      )
    }
    const ending = typeof how === 'number' ? `ended with ${how}` : (how ?? 'was ended by a signal')
    return new EngineStartError(`\`${command} launch-agent\` on ${this.#host} ${ending}${words}`, { details })
  }

  #hear(message: Exclude<FromAgent, There>): void {
    const watch = this.#watches.get(message.launch)
    if (watch === undefined) return
    if (message.type === 'began') return watch.hasBegun(message.pid, this.#hostname)
    this.#watches.delete(message.launch)
    const { fault } = message
    if (fault) watch.hear({ type: 'failed', fault: { ...fault, code: fault.code as ErrorCode } })
    watch.gone(undefined)
  }

  #say(message: ToAgent): void {
    if (this.#isOpen) this.#tunnel.write(lineToAgent(message))
  }

  /** Nothing is heard from there any more. */
  #ended(): void {
    this.#isOpen = false
    const words = wordsBehind(this.#tunnel.stderr)
    for (const watch of this.#watches.values())
      watch.gone(`ssh to ${this.#host} has ended, and its engines with it${words}`)
    this.#watches.clear()
  }
}
