import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Report } from '../../benchmarks/report.ts'
import { suiteNames } from '../../benchmarks/suites.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const bench = (...args: string[]) => promisify(execFile)(process.execPath, [main, 'bench', ...args])

test.for(suiteNames)('bench %s runs, and its JSON is whole', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-bench-'))
  const file = join(folder, 'figures.json')
  const { stdout } = await bench(name, '--least', '--json', file)
  const report: Report = JSON.parse(readFileSync(file, 'utf8'))
  expect(report).toMatchObject({ format: 'yardmaster-bench', version: 1, size: 'least' })
  expect(report.machine).toMatchObject({ node: process.version, cores: expect.any(Number) })
  expect(report.suites.map((suite) => suite.name)).toEqual([name])
  for (const measure of report.suites.flatMap((suite) => suite.measures)) {
    expect(stdout).toContain(measure.name)
    expect(measure.cases.length).toBeGreaterThan(0)
    for (const { subject, samples } of measure.cases) {
      expect(stdout).toContain(subject)
      expect(Object.keys(samples)).toEqual(Object.keys(measure.figures))
      for (const values of Object.values(samples)) expect(values).toHaveLength(1)
    }
  }
  rmSync(folder, { recursive: true })
})
