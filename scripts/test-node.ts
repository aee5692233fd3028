/**
 * Runs the tests under other releases of Node: `npm run test:node` under each that is supported, `npm run test:node -- 24` under one; what
 * follows is for vitest: `npm run test:node -- all test/package`. Node itself comes from the npm registry, in the package that holds its
 * binary for this platform.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What `engines` in package.json promises, and the newest there is. */
const releases = ['20', '22', '24', 'latest']

const [first = 'all', ...vitestArguments] = process.argv.slice(2)
if (first !== 'all' && first !== 'latest' && !/^\d+(\.\d+){0,2}$/.test(first)) {
  console.error('Say which release of Node to run the tests under, or all: npm run test:node -- 24')
  process.exit(2)
}

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))

interface Ran {
  readonly version: string
  readonly code: number
}

function testUnder(release: string): Ran {
  const node = ['--yes', '--package', `node-${process.platform}-${process.arch}@${release}`, '--', 'node']
  const { stdout, stderr, status } = spawnSync('npx', [...node, '--version'], { encoding: 'utf8' })
  if (status !== 0) {
    console.error(`Node ${release} cannot be had: ${stderr}`)
    return { version: release, code: 1 }
  }
  const version = stdout.trim()
  console.log(`Testing under Node ${version}`)
  const code = spawnSync('npx', [...node, vitest, 'run', ...vitestArguments], { stdio: 'inherit' }).status ?? 1
  return { version, code }
}

const ran = (first === 'all' ? releases : [first]).map(testUnder)
for (const { version, code } of ran) console.log(`${version.padEnd(10)} ${code === 0 ? 'passed' : 'FAILED'}`)
process.exitCode = ran.every(({ code }) => code === 0) ? 0 : 1
