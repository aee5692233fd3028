import { type ErrorCode, YardmasterError } from '../core/errors.ts'

/** What every command ends with. */
export const exitCode = {
  ok: 0,
  /** The work itself failed: a task, an engine, the link to the controller. */
  workFailed: 1,
  /** The command line, the configuration or the installation is wrong: the same command will fail again. */
  usage: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

const usageCodes: ReadonlySet<ErrorCode> = new Set([
  'YM_CONFIGURATION',
  'YM_ADDRESS',
  'YM_ADDRESS_IN_USE',
  'YM_AUTHENTICATION',
  'YM_MODULE',
  'YM_TRANSPORT_UNAVAILABLE',
  'YM_VERSION',
  'YM_WORKLOAD',
])

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof YardmasterError && usageCodes.has(error.code) ? exitCode.usage : exitCode.workFailed
}
