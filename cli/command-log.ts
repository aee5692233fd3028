import { type Command, Option } from 'commander'
import { type Log, type LogLevel, logOf } from '../core/log.ts'

export interface LogFlags {
  /** Default: text on a terminal, otherwise JSON. */
  readonly logFormat?: 'text' | 'json' | undefined
  readonly logLevel?: LogLevel | 'silent' | undefined
}

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Gives a command these options. */
export function withLog(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--log-format <format>',
        'text, or json: one object in each line (default: text on a terminal, otherwise json)',
      ).choices(['text', 'json']),
    )
    .addOption(new Option('--log-level <level>', 'what is logged, from which level on').choices(levels).default('info'))
}

/** What a command logs to stdout or stderr; `fields` stand in each line of JSON, `prefix` before each of text. */
export async function openLog(
  { logFormat, logLevel = 'info' }: LogFlags,
  stream: NodeJS.WriteStream,
  fields: Readonly<Record<string, string>> = {},
  prefix: (level: LogLevel) => string = () => '',
): Promise<Log> {
  if ((logFormat ?? (stream.isTTY ? 'text' : 'json')) === 'text') {
    const least = levels.indexOf(logLevel)
    return (level, message) => {
      if (levels.indexOf(level) >= least) stream.write(`${prefix(level)}${message}\n`)
    }
  }
  const { pino } = await import('pino')
  return logOf(
    pino(
      {
        level: logLevel,
        base: { pid: process.pid, ...fields },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
        // Nobody logs these; should it ever happen, they do not get out.
        redact: { paths: ['key', 'token', '*.key', '*.token'], remove: true },
      },
      { write: (line: string) => void stream.write(line) },
    ),
  )
}
