/** The scheduler's random histories and graphs, a hundred times as many: `npm run test:deep [-- times]`. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const factor = Number(process.argv[2] ?? 100)
if (!(factor > 0)) {
  console.error('Say how many times the usual number of histories to try, for example: npm run test:deep -- 10')
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'yardmaster-deep-'))
const report = join(folder, 'report.txt')
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const startedAt = performance.now()
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/scheduler/property'], {
  stdio: 'inherit',
  env: { ...process.env, PROPERTY_FACTOR: String(factor), PROPERTY_REPORT: report },
})
if (existsSync(report)) console.log(readFileSync(report, 'utf8').trimEnd())
console.log(
  `${((performance.now() - startedAt) / 1_000).toFixed(0)} s in all, ${status === 0 ? 'nothing found' : 'FAILED'}`,
)
rmSync(folder, { recursive: true, force: true })
process.exitCode = status ?? 1
