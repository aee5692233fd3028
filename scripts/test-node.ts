/**
 * Runs the tests under another release of Node: `npm run test:node -- 24 [what to pass to vitest]`. Node itself comes from
 * the npm registry, in the package that holds its binary for this platform.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [release, ...vitestArguments] = process.argv.slice(2)
if (release === undefined || !/^\d+(\.\d+){0,2}$/.test(release)) {
  console.error('Say which release of Node to run the tests under, for example: npm run test:node -- 24')
  process.exit(2)
}

const node = ['--yes', '--package', `node-${process.platform}-${process.arch}@${release}`, '--', 'node']
const run = (args: readonly string[]) => spawnSync('npx', [...node, ...args], { stdio: 'inherit' }).status ?? 1

const found = run(['--print', '"Testing under Node " + process.version'])
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
process.exitCode = found || run([vitest, 'run', ...vitestArguments])
