/** A process that runs one suite, so that no suite inherits the heap and the optimised code of another. */
import { faultFrom } from '../core/errors.ts'
import type { SuiteOrder, SuiteOutcome } from './bench.ts'
import { runSuite } from './run-suite.ts'
import { isSuiteName, suites } from './suites.ts'

process.once('message', async ({ name, options }: SuiteOrder) => {
  const outcome = await run(name, options)
  // What a suite has left open must not keep the process.
  process.send?.(outcome, () => process.exit())
})
// Orphaned, nobody reads what it finds.
process.on('disconnect', () => process.exit())

async function run(name: string, options: SuiteOrder['options']): Promise<SuiteOutcome> {
  try {
    if (!isSuiteName(name)) throw new Error(`there is no suite ${name}`)
    return { report: await runSuite(name, await suites[name].load(), options) }
  } catch (error) {
    return { fault: faultFrom(error), stack: error instanceof Error ? error.stack : undefined }
  }
}
