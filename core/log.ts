/** How urgent a message is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a message speaks of, for programs. Never anything secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Takes one message. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

/** A logger with a method for each level, as pino's. */
export type Logger = { readonly [Level in LogLevel]: (fields: object, message: string) => void }

/** Whatever was given, as a function that never throws; nothing is logged by default. */
export function logOf(given: Log | Logger | undefined): Log {
  if (given === undefined) return () => {}
  const log: Log = typeof given === 'function' ? given : (level, message, fields = {}) => given[level](fields, message)
  return (level, message, fields) => {
    try {
      log(level, message, fields)
    } catch {
      // A logger that cannot write any more, as one whose worker has ended, is no reason to lose tasks.
    }
  }
}
