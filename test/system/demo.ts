import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** One that takes as long hangs. */
const patienceMs = 170_000

/** Runs the demo on the engines of a launcher, as a user would, and gives the first and the last cells of its table. */
export async function demo(launcher: string, options: Readonly<Record<string, unknown>>): Promise<string[]> {
  const given = Object.entries(options).flatMap(([name, value]) => [
    '--launcher-option',
    `${name}=${JSON.stringify(value)}`,
  ])
  const args = [
    here('../../node_modules/tsx/dist/cli.mjs'),
    here('../../examples/demo.ts'),
    '300',
    '--launcher',
    launcher,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...given], {
    cwd: here('../..'),
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  return stdout
    .split('\n')
    .filter((line) => /^ +\d engines, /.test(line))
    .map((line) => line.trim().split(/ {2,}/))
    .map((cells) => `${cells[0]}: ${cells.at(-1)}`)
}

/** All of them, with the results of one machine. */
export function demoStages(launcher: string): string[] {
  return [4, 8, 2].map((engines) => `${engines} engines, ${launcher}: yes`)
}
