import type { SchedulerConfig } from '../../scheduler/state.ts'
import { resolveStrategy } from '../../scheduler/strategies/named.ts'
import { type Command, tellCommand } from './commands.ts'

/** A scheduler's settings, and what happens to it. As text: one line for each command. */
export class History {
  readonly config: SchedulerConfig
  /** How many are there from the beginning. */
  readonly engines: number
  readonly commands: readonly Command[]

  constructor(config: SchedulerConfig, engines: number, commands: readonly Command[]) {
    this.config = config
    this.engines = engines
    this.commands = commands
  }

  toString(): string {
    const { strategy = 'leastload', ...rest } = this.config
    const settings = JSON.stringify({ strategy: resolveStrategy(strategy).name, ...rest })
    return [`${this.engines} engines, and ${settings}`, ...this.commands.map(tellCommand)].join('\n')
  }
}
