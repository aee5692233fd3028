/** `npm run bench -- SUITE`: speed and memory. Figures are compared within one run: machines, and their moods, differ. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { benchDurability } from './durability.ts'
import { benchEncryption } from './encryption.ts'
import { benchFunctions } from './functions.ts'
import { benchResults } from './results.ts'
import { benchScheduler } from './scheduler.ts'

const machine = {
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
}

interface SuiteOptions {
  readonly quick: boolean
  readonly json?: string
}

const quickOption = () => new Option('--quick', 'a few seconds instead of a few minutes').default(false)
const jsonOption = () => new Option('--json <file>', 'write the figures there')

function write(json: string | undefined, figures: object): void {
  if (json) writeFileSync(json, `${JSON.stringify({ machine, ...figures }, null, 2)}\n`)
}

const program = new Command('bench')
  .description('Speed and memory of Yardmaster’s parts. Each figure stands beside something to compare it with.')
  .helpCommand(false)

program
  .command('scheduler')
  .description('the scheduler’s core alone, by strategy, engines and blocked tasks; memory; a large graph')
  .addOption(quickOption())
  .addOption(jsonOption())
  .action(async ({ quick, json }: SuiteOptions) => {
    write(json, { scheduler: await benchScheduler(quick) })
  })

program
  .command('transports')
  .description('each transport against the raw link beneath it')
  .action(() => {
    const suite = fileURLToPath(new URL('./transports.ts', import.meta.url))
    process.exitCode = spawnSync(process.execPath, ['--import', 'tsx', suite], { stdio: 'inherit' }).status ?? 1
  })

program
  .command('durability')
  .description(
    'whole clusters without a store, and with each level of durability: tasks a second, one apply, what is written',
  )
  .addOption(quickOption())
  .addOption(jsonOption())
  .action(async ({ quick, json }: SuiteOptions) => {
    write(json, { durability: await benchDurability(quick) })
  })

program
  .command('encryption')
  .description('encrypted links against plain ones, alone and in whole clusters')
  .addOption(quickOption())
  .addOption(jsonOption())
  .action(async ({ quick, json }: SuiteOptions) => {
    write(json, { encryption: await benchEncryption(quick) })
  })

program
  .command('functions')
  .description('making a function ready that was submitted before, by what it captures')
  .action(benchFunctions)

program
  .command('results')
  .description('what a client keeps of a map of a million items: awaited, and read as it goes')
  .action(benchResults)

await program.parseAsync()
