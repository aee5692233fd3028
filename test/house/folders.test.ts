import { expect, test } from 'vitest'
import { areaOf, houseFiles } from './files.ts'

/** Each folder at the top, and each inside the library: what belongs in it. A new one is a decision, made here. */
const FOLDERS: Record<string, string> = {
  '.ci': 'what a build machine runs',
  benchmarks: 'speed and memory, against the raw links and other systems',
  'benchmarks/links': 'pairs of links, ours and those beneath them, with an echo at the far end',
  'benchmarks/peers': 'other systems that do the same work',
  'benchmarks/suites': 'one file per suite, and what it needs',
  cli: 'the yardmaster command',
  cluster: 'controller, engines, and starting and stopping them',
  'cluster/dashboard': 'what a dashboard is told of a run, and the server that tells it',
  'cluster/dashboard/feed': 'a run as controller and page know it alike',
  'cluster/executors': 'where an engine runs a task: this thread, or a worker',
  'cluster/http': 'what a controller serves to those who look at it',
  'cluster/launchers': 'how engines come to be: the contract, threads and processes',
  'cluster/launchers/kubernetes': 'engines that are Jobs of Kubernetes',
  'cluster/launchers/slurm': 'engines that are jobs of Slurm, or steps of one',
  'cluster/launchers/ssh': 'engines on machines that ssh leads to',
  'cluster/metrics': 'what a controller counts, for Prometheus',
  'cluster/stores': 'where a controller keeps what a restart must not lose',
  'cluster/tracing': 'where tasks stand in traces, and the spans of controller and engines',
  core: 'the protocol and the contracts that all share',
  dashboard: 'the page on which one watches a run, for browsers',
  docs: 'what users read',
  examples: 'programs to start from',
  scheduler: 'which engine takes which task, without input or output',
  'scheduler/planning': 'schedules of whole graphs, worked out in advance',
  'scheduler/strategies': 'one file per strategy',
  scripts: 'building and checking the package',
  sim: 'virtual time, faults, workloads and measures',
  'sim/experiment': 'a comparison of strategies as an experiment: files, keys, what was run already',
  'sim/lab': 'workloads in virtual time, without links or processes: the scheduling lab',
  'sim/lab/generate': 'workloads that are drawn',
  'sim/lab/compare': 'strategies beside each other',
  'sim/lab/read': 'workloads out of files',
  'sim/lab/statistics': 'tests and intervals, of numbers',
  'sim/report': 'what a comparison came to, as a page with charts',
  'sim/trace': 'recordings of live runs: read, run again, and turned into what other tools read',
  test: 'tests, by area',
  testing: 'the published kit: suites, arbitraries, invariants',
  'testing/histories': 'random histories of a scheduler, and a check for each invariant',
  'testing/oracle': 'how the tasks of a graph must end, worked out without the scheduler',
  transports: 'one file per transport',
  'transports/ssh': 'a tunnel, through the OpenSSH of the system',
  views: 'what a client program holds: client, views, results',
  'views/functions': 'how a function travels',
}

/** Files at the top: the package, its entry points, and what tools insist on finding there. */
const TOP_FILES = [
  '.gitattributes',
  '.gitignore',
  '.npmrc',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'biome.json',
  'browser-executor.ts',
  'browser.ts',
  'engine.ts',
  'index.ts',
  'knip.json',
  'package-lock.json',
  'package.json',
  'tsconfig.build.json',
  'tsconfig.json',
  'vitest.config.ts',
]

const paths = houseFiles().map((file) => file.path)

test('every folder is known', () => {
  const folders = paths
    .filter((path) => path.includes('/'))
    .map((path) => (areaOf(path) ? path.slice(0, path.lastIndexOf('/')) : path.slice(0, path.indexOf('/'))))
  expect([...new Set(folders)].filter((folder) => !(folder in FOLDERS))).toEqual([])
})

test('every file at the top is known', () => {
  expect(paths.filter((path) => !path.includes('/') && !TOP_FILES.includes(path))).toEqual([])
})
