import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface PeerFigures {
  readonly version: string
  /** Tasks a second with nothing blocked. */
  readonly rate: number
  readonly blocked: readonly { readonly count: number; readonly perTaskUs: number }[]
}

/** Where Debian installs what apt-get brings; another Python on the path does not see that. */
const python = '/usr/bin/python3'

/** Undefined where ipyparallel is not installed. */
export async function ipyparallelScheduler(tasks: number): Promise<PeerFigures | undefined> {
  const run = promisify(execFile)
  try {
    await run(python, ['-c', 'import ipyparallel'])
  } catch {
    return undefined
  }
  const program = fileURLToPath(new URL('./ipyparallel_scheduler.py', import.meta.url))
  const { stdout } = await run(python, [program, String(tasks)])
  return JSON.parse(stdout) as PeerFigures
}
