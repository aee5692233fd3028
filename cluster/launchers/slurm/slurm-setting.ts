import type { EngineProgram } from './job-script.ts'
import type { SlurmSettings } from './slurm-options.ts'

/** What a session of engines under Slurm goes by. */
export interface SlurmSetting {
  /** Of all jobs of this session, and of no others. */
  readonly jobName: string
  /** For what the engines write. */
  readonly folder: string
  readonly settings: SlurmSettings
  readonly program: EngineProgram
  log(level: 'info' | 'warn', message: string): void
}
