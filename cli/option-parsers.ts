import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { InvalidArgumentError, Option } from 'commander'
import { isOrigin } from '../transports/options.ts'
import { modulePath } from './module-argument.ts'

/** For commander: it turns what these throw into a usage error that names the option. */
export function countFrom(least: number): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < least)
      throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`)
    return count
  }
}

function parseHighWaterMark(text: string): number | 'auto' {
  if (text === 'auto') return text
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError("It must be 'auto' or a whole number, 0 for no limit.")
}

export function parseClusterName(text: string): string {
  if (/^[\w.-]+$/.test(text)) return text
  throw new InvalidArgumentError("It may have letters, digits, '.', '_' and '-' only.")
}

function addOrigin(text: string, before: readonly string[] = []): string[] {
  if (isOrigin(text)) return [...before, text]
  throw new InvalidArgumentError('Write scheme, host and port alone, as in https://example.org.')
}

/** Options that several commands share, each made anew: commander keeps state in them. */
export const options = {
  name: () => new Option('--name <name>', 'name of the cluster').default('default').argParser(parseClusterName),
  engines: (least: number) => {
    const count = availableParallelism()
    return new Option('-n, --engines <count>', 'how many engines to start')
      .default(count, `one for each CPU: ${count}`)
      .argParser(countFrom(least))
  },
  engineKind: () =>
    new Option('--engine-kind <kind>', 'what each engine is').choices(['process', 'thread']).default('process'),
  listen: () =>
    new Option(
      '--listen <address...>',
      'where to listen: ws://HOST:PORT (WebSocket), tcp://HOST:PORT or ipc://PATH (ZeroMQ); what is not of this machine is encrypted (wss:, tcps:); port 0 takes a free one (default: ws://127.0.0.1:0, or where the launcher’s engines come from)',
    ),
  origin: () =>
    new Option(
      '--origin <origin...>',
      'let web pages of these origins in, as in https://example.org: pages that are clients, and engines in tabs (default: none)',
    ).argParser(addOrigin),
  transport: () =>
    new Option('--transport <name>', 'what links clients, and engines that are processes, to the controller')
      .choices(['websocket', 'zeromq'])
      .default('websocket'),
  strategy: () =>
    new Option(
      '--strategy <name>',
      'how an engine is chosen for a task: leastload, lru, plainrandom, twobin, weighted, pure, powerOf2, powerOf3, … (default: leastload)',
    ),
  hwm: () =>
    new Option(
      '--hwm <count>',
      'how many tasks an engine may hold at a time: a number, 0 for no limit, or auto, by how long they take (default: auto)',
    ).argParser(parseHighWaterMark),
  concurrency: () =>
    new Option('--concurrency <count>', 'how many asynchronous tasks one engine runs at a time')
      .default(1)
      .argParser(countFrom(1)),
  store: () =>
    new Option(
      '--store <folder>',
      'keep tasks and results in this folder: a controller that is started with it again goes on with them, at the same addresses (needs the package lmdb; default: kept in memory)',
    ),
  record: () =>
    new Option(
      '--record <file>',
      'write the history of the run into this new file, for yardmaster trace and simulate (default: none)',
    ),
  metrics: () =>
    new Option(
      '--metrics [address]',
      'serve metrics for Prometheus at this address of this machine, HOST:PORT or PORT (default: 127.0.0.1:9464; needs the package prom-client)',
    ),
  tracing: () =>
    new Option(
      '--tracing [module]',
      'make spans by OpenTelemetry of tasks whose client traces them; the module sets up its SDK, and is loaded wherever tasks run, by engines that have the files of this machine (needs the package @opentelemetry/api)',
    ).argParser((path) => pathToFileURL(modulePath(path)).href),
  dashboard: () =>
    new Option(
      '--dashboard [address]',
      'serve a page on which to watch the run at this address of this machine, HOST:PORT or PORT (default: a free port of 127.0.0.1); the link that is printed lets one in',
    ),
  dashboardHost: () =>
    new Option(
      '--dashboard-host <name...>',
      'by what other names the page is asked for, such as that of a TLS proxy before it',
    ),
  insecure: () =>
    new Option(
      '--insecure',
      'go without encryption where others can reach the controller, too, and let them reach its metrics and dashboard',
    ),
  ssh: () =>
    new Option(
      '--ssh <host>',
      'the cluster is on this machine, which ssh leads to: host, user@host, or an alias of ssh',
    ),
  json: () => new Option('--json', 'print JSON, for programs'),
}
