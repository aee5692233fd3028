/** The launchers of this machine, by the kind of engine and what links it to the controller. */
import { ConfigurationError } from '../../core/errors.ts'
import { inlineExecutor } from '../executors/inline.ts'
import { threadExecutor } from '../executors/thread.ts'
import { launchEngineHere } from './here.ts'
import { hostedOptions } from './hosted-engine.ts'
import type { EngineHandle, EngineSeat, LauncherEntry, LaunchSetting } from './launcher.ts'
import { textList } from './option-values.ts'
import { type ProcessOptions, processLauncher } from './process.ts'
import { launchThreadEngine } from './thread.ts'

/** Where an engine runs: in a worker thread, in a process, or in the thread of the caller. */
export type EngineKind = 'thread' | 'process' | 'inline'
/** The links of the house between a controller and its engines, by name. */
export type TransportName = 'memory' | 'threads' | 'zeromq' | 'websocket'
/** Where to listen: `json://127.0.0.1:0`. Its scheme says which transport, of the house or registered, serves it. */
export type TransportAddress = `${string}:${string}`

export function isAddress(transport: string): transport is TransportAddress {
  return transport.includes(':')
}

/** Which links each kind of engine can have. */
const combinations: Readonly<Record<EngineKind, readonly TransportName[]>> = {
  inline: ['memory', 'zeromq', 'websocket'],
  thread: ['memory', 'threads', 'zeromq', 'websocket'],
  process: ['zeromq', 'websocket'],
}

export const engineKinds = Object.keys(combinations) as readonly EngineKind[]

/** Where the controller listens for such links; nowhere for those within this process. */
const addresses: Readonly<Record<TransportName, readonly string[]>> = {
  memory: [],
  threads: [],
  zeromq: ['tcp://127.0.0.1:0'],
  websocket: ['ws://127.0.0.1:0'],
}

export function localEntry(kind: EngineKind): LauncherEntry {
  return {
    options: kind === 'process' ? ['transport', 'nodeOptions'] : ['transport'],
    create: ({ transport, nodeOptions }) => {
      const link = checkLink(kind, transport)
      const listen = isAddress(link) ? {} : { listen: addresses[link] }
      if (kind === 'process') return processLauncher({ ...listen, ...nodeOptionsOf(nodeOptions) })
      return { name: kind, ...listen, open: async (setting) => openHere(kind, link, setting) }
    },
  }
}

/** @throws ConfigurationError where such engines cannot be linked so */
function checkLink(kind: EngineKind, transport: unknown): TransportName | TransportAddress {
  const link = transport ?? (kind === 'process' ? 'websocket' : 'memory')
  if (typeof link === 'string') {
    if (isAddress(link)) return link
    const name = combinations[kind].find((one) => one === link)
    if (name) return name
  }
  throw new ConfigurationError(
    `engines of kind ${kind} cannot be linked by ${link}; possible: ${combinations[kind].join(', ')}, or an address`,
  )
}

function nodeOptionsOf(nodeOptions: unknown): ProcessOptions {
  return nodeOptions === undefined ? {} : { nodeOptions: textList('nodeOptions', nodeOptions) }
}

function openHere(kind: Exclude<EngineKind, 'process'>, link: string, setting: LaunchSetting) {
  const { inspect, ...rest } = setting
  const launchOne = (seat: EngineSeat): EngineHandle => {
    const options = hostedOptions(setting, seat, kind)
    if (link === 'threads') return launchThreadEngine(options, (connection) => rest.adopt(connection))
    const executors = kind === 'inline' ? inlineExecutor : threadExecutor
    return launchEngineHere({ ...options, executors, ...(inspect ? { inspect } : {}) }, seat, kind)
  }
  return { launch: async (seats: readonly EngineSeat[]) => seats.map(launchOne), close: async () => {} }
}
