/** How much a controller holds: options of the commands that start one. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ControllerOptions } from '../cluster/controller.ts'
import { countFrom } from './option-parsers.ts'

export interface LimitFlags {
  readonly clientTasksMax?: number | undefined
  readonly clientBytesMax?: number | undefined
  readonly queuedBytesMax?: number | undefined
  readonly unsentBytesMax?: number | undefined
  readonly enginesMax?: number | undefined
  readonly retainedTasksMax?: number | undefined
  readonly retainedBytesMax?: number | undefined
  readonly messageBytesMax?: number | undefined
}

const units = ['', 'k', 'm', 'g', 't']

/** `1000000`, `64MiB`, `2G`: units are powers of 1,024. */
function parseSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? []
  const bytes = Math.round(Number(digits) * 1024 ** units.indexOf(unit.toLowerCase()))
  if (digits === undefined || bytes < 1 || !Number.isSafeInteger(bytes))
    throw new InvalidArgumentError('It must be a size in bytes, as 64MiB or 1000000.')
  return bytes
}

const count = countFrom(1)

/** Gives a command these options. */
export function withLimits(command: Command): Command {
  const limit = (flags: string, description: string, parse: (text: string) => number) =>
    new Option(flags, description).argParser(parse).helpGroup('Limits:')
  const options = [
    limit('--client-tasks-max <count>', 'tasks of one client that have not ended (default: 1000000)', count),
    limit('--client-bytes-max <size>', 'what they take (default: 2GiB)', parseSize),
    limit(
      '--queued-bytes-max <size>',
      'what the tasks of all clients take that have not ended (default: 4GiB)',
      parseSize,
    ),
    limit('--unsent-bytes-max <size>', 'what waits for one client that does not take it (default: 512MiB)', parseSize),
    limit('--engines-max <count>', 'how many engines a client may ask for (default: 1000)', count),
    limit(
      '--retained-tasks-max <count>',
      'ended tasks that are kept with their results (default: 100000)',
      countFrom(0),
    ),
    limit('--retained-bytes-max <size>', 'what they take (default: 256MiB)', parseSize),
    limit('--message-bytes-max <size>', 'the largest message (default: 1GiB)', parseSize),
  ]
  for (const option of options) command.addOption(option)
  return command
}

/** What was given, as a controller takes it. */
export function limitsFrom(flags: LimitFlags): Pick<ControllerOptions, 'limits' | 'retention' | 'transportOptions'> {
  const { clientTasksMax, clientBytesMax, queuedBytesMax, unsentBytesMax, enginesMax } = flags
  const { retainedTasksMax: countMax, retainedBytesMax: bytesMax, messageBytesMax } = flags
  return {
    limits: given({ clientTasksMax, clientBytesMax, queuedBytesMax, unsentBytesMax, enginesMax }),
    retention: given({ countMax, bytesMax }),
    transportOptions: given({ messageBytesMax }),
  }
}

function given<Name extends string>(limits: Record<Name, number | undefined>): Partial<Record<Name, number>> {
  const entries = Object.entries<number | undefined>(limits).filter(([, limit]) => limit !== undefined)
  return Object.fromEntries(entries) as Partial<Record<Name, number>>
}
