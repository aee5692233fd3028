import type { SchedulerConfig } from '../../scheduler/state.ts'
import { resolveStrategy } from '../../scheduler/strategies/named.ts'
import { type Command, tellCommand } from './commands.ts'

/** A scheduler's settings, and what happens to it. As text: one line for each command. */
export class History {
  readonly config: SchedulerConfig
  readonly commands: readonly Command[]

  constructor(config: SchedulerConfig, commands: readonly Command[]) {
    this.config = config
    this.commands = commands
  }

  toString(): string {
    const { strategy = 'leastload', ...rest } = this.config
    const settings = JSON.stringify({ strategy: resolveStrategy(strategy).name, ...rest })
    return [`with ${settings}`, ...this.commands.map(tellCommand)].join('\n')
  }
}
