import type { EngineSeat } from '../launcher.ts'
import type { SlurmSettings } from './slurm-options.ts'

/** What an engine's program is given besides who it is. */
export interface EngineProgram {
  readonly node: string
  /** The `yardmaster` command, as a file. */
  readonly command: string
  /** With address and key. */
  readonly connectionFile: string
  readonly concurrency: number
  readonly reconnectMs: number
  /** The URL of the module that sets OpenTelemetry up. */
  readonly tracing?: string | undefined
}

/**
 * The script of a job array, an engine for each seat: the place in the array is that in the list. It holds no secret; whoever may read it
 * learns only where the connection file lies.
 */
export function jobScript(
  jobName: string,
  seats: readonly EngineSeat[],
  settings: SlurmSettings,
  program: EngineProgram,
): string {
  const { partition, time, account, cpus, memory } = settings
  const options = [
    `--job-name=${jobName}`,
    '--nodes=1',
    '--ntasks=1',
    `--cpus-per-task=${cpus}`,
    // Whether an engine is started again is the cluster's business.
    '--no-requeue',
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...settings.sbatch,
  ]
  return [
    '#!/bin/sh',
    ...options.map((option) => `#SBATCH ${option}`),
    ...settings.setup,
    'case "$SLURM_ARRAY_TASK_ID" in',
    ...seats.map(({ name, launch }, place) => `${place}) name=${quoted(name)} launch=${quoted(launch)} ;;`),
    'esac',
    // In the place of the shell, so that Slurm's signals reach it.
    `exec ${engineCommand(program).map(quoted).join(' ')} --engine-name "$name" --launch "$launch" --host "$SLURMD_NODENAME" --job "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"`,
    '',
  ].join('\n')
}

/** Without what tells it from others. */
export function engineCommand(program: EngineProgram): string[] {
  const { node, command, connectionFile, concurrency, reconnectMs, tracing } = program
  const options = ['--file', connectionFile, '--concurrency', String(concurrency), '--reconnect', String(reconnectMs)]
  if (tracing !== undefined) options.push('--tracing', tracing)
  return [node, command, 'engine', '--quiet', '--kind', 'slurm', ...options]
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
