#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { controllerCommand } from './controller.ts'
import { engineCommand } from './engine.ts'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { leave } from './leave.ts'
import { mapCommand } from './map.ts'
import { oneLine, reportError } from './report-error.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'

const commands = [startCommand, controllerCommand, engineCommand, statusCommand, stopCommand, mapCommand]

async function main(): Promise<void> {
  const program = new Command('yardmaster')
    .description('Functions mapped over threads, processes and machines.')
    .version(version())
    .option('--verbose', 'show stacks of errors')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(`yardmaster: ${oneLine(text.trim().replace(/^error: /, ''))} [YM_CONFIGURATION]\n`),
    })
  for (const create of commands) {
    const command = create()
    program.addCommand(
      command.copyInheritedSettings(program).showHelpAfterError(`To see how: yardmaster ${command.name()} --help`),
    )
  }
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCode.ok : exitCode.usage
      return
    }
    reportError(error, program.opts().verbose === true)
    process.exitCode ??= exitCodeOf(error)
  }
}

function version(): string {
  // From `dist/cli/`, where this runs.
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}

await main()
await leave()
