import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { WorkloadError } from '../../../core/errors.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { lowerBoundMs } from '../../../sim/lab/lower-bound.ts'
import { readWfFormat } from '../../../sim/lab/read/read-wfformat.ts'
import { readWorkload } from '../../../sim/lab/read/workload-formats.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const fixtures = at('./fixtures/wfinstances')
/** All of them, where they lie beside the repository. */
const reference = at('../../../../shared/data/wfinstances')
if (!existsSync(reference)) {
  console.log(
    `only two workflows are read: ${reference} is not there. It has nine of https://github.com/wfcommons/WfInstances, each of another application, in WfFormat 1.5.`,
  )
}

/** What a task is, in as much as the format asks for. */
function task(id: string, parents: readonly string[] = [], children: readonly string[] = [], files: object = {}) {
  return { name: id, id, parents, children, inputFiles: [], outputFiles: [], ...files }
}

function instance(tasks: readonly object[], runs: readonly object[], files: readonly object[] = []) {
  return {
    name: 'mine',
    schemaVersion: '1.5',
    workflow: { specification: { tasks, files }, execution: { tasks: runs } },
  }
}

const ran = (id: string, more: object = {}) => ({ id, runtimeInSeconds: 1.5, ...more })
const file = (id: string, sizeInBytes: number) => ({ id, sizeInBytes })

test('files that tasks make travel, those of nobody are everywhere, and a parent without a file is waited for', () => {
  const read = { inputFiles: ['raw', 'cut', 'cut'] }
  const { data, ...tasks } = readWfFormat(
    JSON.stringify(
      instance(
        [
          task('last', ['cut', 'check'], [], read),
          task('cut', [], ['last'], { inputFiles: ['raw'], outputFiles: ['rest', 'cut'] }),
          task('check', [], ['last']),
        ],
        [ran('check', { coreCount: 4 }), ran('last'), ran('cut', { runtimeInSeconds: 2 })],
        [file('raw', 9e9), file('cut', 100), file('rest', 7)],
      ),
    ),
  )
  expect(tasks).toMatchObject({
    size: 3,
    arrivalMs: Float64Array.of(0, 0, 0),
    durationMs: Float64Array.of(1_500, 2_000, 1_500),
    cores: Int32Array.of(1, 1, 4),
  })
  // 0 and 1: the files of `cut`; 2: that `check` has ended.
  expect(data).toMatchObject({
    bytes: Float64Array.of(7, 100, 0),
    producer: Int32Array.of(1, 1, 2),
    inputs: Int32Array.of(1, 2),
    consumers: Int32Array.of(0, 0),
  })
})

test('a task may read what it writes', () => {
  const own = task('a', [], [], { inputFiles: ['log'], outputFiles: ['log'] })
  expect(readWfFormat(JSON.stringify(instance([own], [ran('a')], [file('log', 1)]))).data?.inputs.length).toBe(0)
})

const pair = [task('a', [], ['b']), task('b', ['a'])]
const runs = [ran('a'), ran('b')]
const wrong: readonly (readonly [string, unknown, string, object?])[] = [
  ['no JSON', '{', 'my.json: is no JSON'],
  ['an array', [], 'my.json: the file must be object, and is []'],
  [
    'another version',
    { ...instance(pair, runs), schemaVersion: '1.3' },
    `my.json: schemaVersion must be equal to constant, and is "1.3"`,
  ],
  ['no workflow', { name: 'mine', schemaVersion: '1.5' }, 'my.json: workflow must be there, and is missing'],
  [
    'no execution',
    { name: 'mine', schemaVersion: '1.5', workflow: { specification: { tasks: pair } } },
    'my.json: workflow.execution must be there, and is missing',
    { field: 'workflow.execution' },
  ],
  ['no tasks', instance([], runs), 'my.json: workflow.specification.tasks must not have fewer than 1 items, and is []'],
  [
    'a task without parents',
    instance([pair[0] as object, { name: 'b', id: 'b', children: [] }], runs),
    `my.json: task 'b': workflow.specification.tasks.1.parents must be there, and is missing`,
    { task: 'b', field: 'workflow.specification.tasks.1.parents' },
  ],
  [
    'a time that is none',
    instance(pair, [ran('a'), ran('b', { runtimeInSeconds: -1 })]),
    `my.json: task 'b': workflow.execution.tasks.1.runtimeInSeconds must be >= 0, and is -1`,
    { task: 'b' },
  ],
  [
    'half a core',
    instance(pair, [ran('a', { coreCount: 1.5 }), ran('b')]),
    `my.json: task 'a': workflow.execution.tasks.0.coreCount must be integer, and is 1.5`,
  ],
  [
    'a task that did not run',
    instance(pair, [ran('a')]),
    `my.json: task 'b': runtimeInSeconds is missing: the execution does not name the task`,
    { task: 'b', field: 'runtimeInSeconds' },
  ],
  ['one id twice', instance([task('a'), task('a')], runs), `my.json: task 'a': id is that of task 0, too, and of 1`],
  [
    'a parent that is no task',
    instance([task('a', ['x'])], runs),
    `my.json: task 'a': parents names 'x', which is no task`,
  ],
  [
    'a parent that does not know its child',
    instance([task('a'), task('b', ['a'])], runs),
    `my.json: task 'b': parents names 'a', which does not name it among its children`,
  ],
  [
    'a child that does not know its parent',
    instance([task('a', [], ['b']), task('b')], runs),
    `my.json: task 'a': children names 'b', which does not name it among its parents`,
    { task: 'a', field: 'children' },
  ],
  [
    'a file of two tasks',
    instance([task('a', [], [], { outputFiles: ['f'] }), task('b', [], [], { outputFiles: ['f'] })], runs, [
      file('f', 1),
    ]),
    `my.json: task 'b': outputFiles names 'f', which task 'a' makes, too`,
  ],
  [
    'a file without a size',
    instance([task('a', [], [], { outputFiles: ['f'] })], runs),
    `my.json: task 'a': outputFiles names 'f', whose size is not among the files`,
  ],
  [
    'a circle',
    instance([task('a', ['b'], ['b']), task('b', ['a'], ['a'])], runs),
    `my.json: task 'a': parents wait for it: a waits for b waits for a`,
    { task: 'a', field: 'parents' },
  ],
]

test.for(wrong)('what is wrong is named: %s', ([, value, message, details]) => {
  let found: unknown
  try {
    readWfFormat(typeof value === 'string' ? value : JSON.stringify(value), 'my.json')
  } catch (error) {
    found = error
  }
  expect(found).toBeInstanceOf(WorkloadError)
  expect((found as WorkloadError).message).toContain(message)
  expect(found).toMatchObject({ code: 'YM_WORKLOAD', details: { name: 'my.json', ...details } })
})

function instancesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? [join(folder, name)] : []))
}

function check(path: string) {
  const text = readFileSync(path, 'utf8')
  const workload = readWorkload(text, path)
  const { tasks, edges, seconds } = facts(text)
  expect([workload.size, edgesOf(workload)]).toEqual([tasks, edges])
  expect(workload.durationMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(seconds * 1_000, 3)
  const four = engines(4, { cores: 4 })
  const bound = lowerBoundMs(workload, four)
  for (const strategy of ['leastload', 'plainrandom', 'powerOf2', 'pure']) {
    for (const network of [{ model: 'instant' }, { model: 'maxmin', bytesPerSecond: 1e8 }] as const) {
      const { endMs } = simulateWorkload(workload, { engines: four, strategy, network })
      expect(endMs.every((ms) => ms >= 0)).toBe(true)
      expect(Math.max(...endMs)).toBeGreaterThanOrEqual(bound * (1 - 1e-9))
    }
  }
}

/** What the file says, without the reader. */
function facts(text: string) {
  const { specification, execution } = JSON.parse(text).workflow as {
    specification: { tasks: { parents: string[] }[] }
    execution: { tasks: { runtimeInSeconds: number }[] }
  }
  const edges = specification.tasks.reduce((sum, { parents }) => sum + new Set(parents).size, 0)
  const seconds = execution.tasks.reduce((sum, { runtimeInSeconds }) => sum + runtimeInSeconds, 0)
  return { tasks: specification.tasks.length, edges, seconds }
}

/** Pairs of tasks of which one needs the other. */
function edgesOf({ size, data }: ReturnType<typeof readWorkload>): number {
  let edges = 0
  for (let one = 0; data !== undefined && one < size; one += 1) {
    const inputs = data.inputs.subarray(data.firstInput[one], data.firstInput[one + 1])
    edges += new Set([...inputs].map((object) => data.producer[object])).size
  }
  return edges
}

describe('recorded workflows', () => {
  test.for(instancesIn(fixtures))('%s', check)

  test.skipIf(!existsSync(reference))('all, where they lie beside the repository', () => {
    const all = instancesIn(reference)
    expect(all.length).toBe(9)
    for (const path of all) check(path)
  })
})
