import { faultFrom } from '../core/errors.ts'

/** One line on stderr, `yardmaster: message [CODE]`, and with `verbose` the stack and what caused it. */
export function reportError(error: unknown, verbose: boolean): void {
  const { code, message } = faultFrom(error)
  process.stderr.write(`yardmaster: ${oneLine(message)} [${code}]\n`)
  if (!verbose) return
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) process.stderr.write(`${cause.stack}\n`)
}

export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ')
}
