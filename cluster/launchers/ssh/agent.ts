import { hostname } from 'node:os'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { faultFrom } from '../../../core/errors.ts'
import type { HostedEngine } from '../hosted-engine.ts'
import { launchProcessEngine } from '../process.ts'
import { agentProtocol, type FromAgent, lineFromAgent, readToAgent, type ToAgent } from './agent-messages.ts'

/** What engines write to stdout is for people. */
const stderrFile = 2

/**
 * Starts engines as processes of this machine, as the launcher at the other end of `input` and `output` says. Resolves when `input` ends, which is
 * when the launcher or its `ssh` has: then this process is to end, and its engines end with it.
 */
export async function runAgent(input: Readable, output: Writable, version: string): Promise<void> {
  const engines = new Map<string, HostedEngine>()
  const say = (message: FromAgent) => output.write(lineFromAgent(message))
  output.on('error', () => input.destroy())
  say({ type: 'there', protocol: agentProtocol, host: hostname(), version })
  for await (const line of createInterface({ input })) {
    const message = readToAgent(line)
    if (message?.type === 'start') start(message, engines, say)
    else if (message?.type === 'stop') void engines.get(message.launch)?.stop()
    else if (message?.type === 'signal') {
      // The launcher has looked whether there is such a signal; it cannot know whether the machine has it.
      engines
        .get(message.launch)
        ?.signal(message.signal as NodeJS.Signals)
        .catch(() => {})
    }
  }
}

function start(
  { launch, name, address, key, concurrency, reconnectMs }: Extract<ToAgent, { type: 'start' }>,
  engines: Map<string, HostedEngine>,
  say: (message: FromAgent) => void,
): void {
  const engine = launchProcessEngine(
    {
      address,
      key: new Uint8Array(Buffer.from(key, 'base64url')),
      concurrency,
      reconnectMs,
      name,
      kind: 'ssh',
      launch,
    },
    { stdout: stderrFile },
  )
  engines.set(launch, engine)
  void engine.began.then(({ pid = 0 }) => say({ type: 'began', launch, pid }))
  void engine.ended.then((error) => {
    engines.delete(launch)
    if (error === undefined) return say({ type: 'ended', launch })
    const { code, message } = faultFrom(error)
    return say({ type: 'ended', launch, fault: { code, message } })
  })
}
