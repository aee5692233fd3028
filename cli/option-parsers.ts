import { availableParallelism } from 'node:os'
import { InvalidArgumentError, Option } from 'commander'

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

/** Options that several commands share, each made anew: commander keeps state in them. */
export const options = {
  name: () => new Option('--name <name>', 'the cluster’s name').default('default').argParser(parseClusterName),
  engines: (count = availableParallelism()) =>
    new Option('-n, --engines <count>', 'how many engines').default(count).argParser(countFrom(0)),
  engineKind: (kind?: 'process' | 'thread') =>
    withDefault(
      new Option('--engine-kind <kind>', 'engines as processes or as threads').choices(['process', 'thread']),
      kind,
    ),
  transport: () =>
    new Option('--transport <name>', 'the link to clients, and to engines that are processes')
      .choices(['websocket', 'zeromq'])
      .default('websocket'),
  strategy: () =>
    new Option(
      '--strategy <name>',
      'which engine takes which task: leastload, lru, plainrandom, twobin, weighted, pure, powerOf2, …',
    ),
  hwm: () =>
    new Option('--hwm <count>', 'tasks outstanding at an engine: auto, a number, or 0 for no limit').argParser(
      parseHighWaterMark,
    ),
  concurrency: () =>
    new Option('--concurrency <count>', 'asynchronous tasks that one engine runs at a time')
      .default(1)
      .argParser(countFrom(1)),
  json: () => new Option('--json', 'print JSON, for programs'),
}

function withDefault(option: Option, value: unknown): Option {
  return value === undefined ? option : option.default(value)
}
