#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { leave } from './leave.ts'
import { oneLine, reportError } from './report-error.ts'
import { isClosed } from './result-writer.ts'
import { version } from './version.ts'

/** By name, in the order of the help: loading one takes a tenth of a second, and all of them several. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  map: async () => (await import('./map.ts')).mapCommand(),
  start: async () => (await import('./start.ts')).startCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  scale: async () => (await import('./scale.ts')).scaleCommand(),
  stop: async () => (await import('./stop.ts')).stopCommand(),
  controller: async () => (await import('./controller.ts')).controllerCommand(),
  engine: async () => (await import('./engine.ts')).engineCommand(),
  trace: async () => (await import('./trace.ts')).traceCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  bench: async () => (await import('./bench.ts')).benchCommand(),
}
/** For the other end of `--launcher ssh`, and in no help. */
const hidden: typeof commands = {
  'launch-agent': async () => (await import('./launch-agent.ts')).launchAgentCommand(),
}

/** The command that is meant; all of them where none is, or one that is not known. */
function chosen(words: readonly string[]): typeof commands {
  if (words.length === 1 && ['-V', '--version'].includes(words[0] as string)) return {}
  // No option before it has a value.
  const name = words.find((word) => !word.startsWith('-')) ?? ''
  const all = { ...commands, ...hidden }
  return Object.hasOwn(all, name) ? { [name]: all[name] as (typeof all)[string] } : all
}

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
  for (const [name, load] of Object.entries(chosen(process.argv.slice(2)))) {
    const command = (await load())
      .copyInheritedSettings(program)
      .showHelpAfterError(`To see how: yardmaster ${name} --help`)
    program.addCommand(command, { hidden: name in hidden })
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

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    // Whoever reads need not read to the end.
    if (!isClosed(error)) process.exitCode = exitCode.usage
  })
}
await main()
await leave()
