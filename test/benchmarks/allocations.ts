import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const main = fileURLToPath(new URL('./allocations-main.ts', import.meta.url))
/** 256 MiB for young objects, from the start: what the program allocates is less. */
const youngMiB = 256

/** Bytes of V8's heap that a task takes on its way, in a process of its own. */
export async function allocatedBytesPerTask(): Promise<number> {
  const flags = ['--expose-gc', '--no-opt', `--max-semi-space-size=${youngMiB}`, `--min-semi-space-size=${youngMiB}`]
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--import', 'tsx', main])
  return Number(stdout)
}

/** Other versions of V8 have objects of other sizes. */
export const nodeMajor = process.versions.node.replace(/\..*/, '')
