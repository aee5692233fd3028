#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { benchCommand } from './bench.ts'
import { controllerCommand } from './controller.ts'
import { engineCommand } from './engine.ts'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { launchAgentCommand } from './launch-agent.ts'
import { leave } from './leave.ts'
import { mapCommand } from './map.ts'
import { oneLine, reportError } from './report-error.ts'
import { isClosed } from './result-writer.ts'
import { scaleCommand } from './scale.ts'
import { simulateCommand } from './simulate.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { traceCommand } from './trace.ts'
import { version } from './version.ts'

const commands = [
  mapCommand,
  startCommand,
  statusCommand,
  scaleCommand,
  stopCommand,
  controllerCommand,
  engineCommand,
  traceCommand,
  simulateCommand,
  benchCommand,
]

const notes = `
All about a command: yardmaster COMMAND --help

Exit codes: 0 done, 1 a task, an engine or a link failed, 2 the command or what it needs is wrong, 130 Ctrl-C.
Connection files and logs lie in $YARDMASTER_DIR, else $XDG_RUNTIME_DIR/yardmaster, else ~/.yardmaster.

Example:
  $ yardmaster map ./task.js < items.jsonl > results.jsonl`

async function main(): Promise<void> {
  const program = new Command('yardmaster')
    .description(
      'Runs your functions on many engines at once. An engine is a thread or a process, on this machine or another; a controller hands out the tasks; both together are a cluster, which has a name.',
    )
    .version(version(), '-V, --version', 'print the version')
    .option('--verbose', 'with an error, print its stack')
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', notes)
    .showHelpAfterError('To see how: yardmaster --help')
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
  program.addCommand(launchAgentCommand().copyInheritedSettings(program), { hidden: true })
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

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    // Whoever reads need not read to the end.
    if (!isClosed(error)) process.exitCode = exitCode.usage
  })
}
await main()
await leave()
