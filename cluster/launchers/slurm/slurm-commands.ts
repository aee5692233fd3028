/** Slurm's own commands, as this program has them in its path. */
import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { EngineStartError } from '../../../core/errors.ts'
import { engineEnvironment } from '../../engine-environment.ts'

/** One that has not answered by then counts as failed: its controller may be down. */
const answerWithinMs = 60_000
const printedBytesMax = 64 * 2 ** 20

/**
 * What it prints. `input` is what it reads.
 * @throws EngineStartError with its own words
 */
export function slurmCommand(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    // Jobs have the environment of who submits them.
    const env = engineEnvironment()
    const limits = { timeout: answerWithinMs, maxBuffer: printedBytesMax }
    const child = execFile(command, args, { env, ...limits }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const isMissing = error.code === 'ENOENT'
      const words = stderr.trim() || stdout.trim() || error.message
      const reason = isMissing
        ? `${command} is not in the path: is this a machine from which jobs can be submitted?`
        : `${command} failed: ${words}`
      reject(new EngineStartError(reason, { cause: error, details: { command } }))
    })
    // One that ended before it read all says why by itself.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** The jobs of this user alone, by their name: one look for all, and none is asked for that is gone. */
export function jobsNamed(jobName: string): string[] {
  return [`--user=${thisUser()}`, `--name=${jobName}`]
}

function thisUser(): string {
  return String(process.getuid?.() ?? userInfo().username)
}
