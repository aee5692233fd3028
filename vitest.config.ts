import { defineConfig } from 'vitest/config'
import LongestFirst from './test/longest-first.ts'

const units = ['core', 'scheduler', 'sim', 'views', 'cluster', 'interleavings'].map(
  (room) => `test/${room}/**/*.test.ts`,
)

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // Unit tests import the source. System tests import 'yardmaster', which the package's own `exports` lead to `dist/`:
    // that must be loaded by Node itself, since its worker threads and child processes start from the same files.
    server: { deps: { external: [/\/dist\//] } },
    // People read the closing lines of vitest; programs that read a build's output want one plain line.
    reporters: process.env.CI ? ['default', './test/tally-reporter.ts'] : ['default'],
    pool: 'forks',
    // Of two cores: much of the system tests is waiting..
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // These end what hangs; they measure nothing. Workers, processes and a busy machine need the room.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    teardownTimeout: 10_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      // They import the source, begin nothing outside of their test, and share a worker: loading it for each took longer than they do.
      { extends: true, test: { name: 'unit', include: units, isolate: false } },
      { extends: true, test: { name: 'system', include: ['test/**/*.test.ts'], exclude: units } },
    ],
  },
})
