import { expect, test } from 'vitest'
import { WorkloadError } from '../../../core/errors.ts'
import { readEsteeGraph } from '../../../sim/lab/read-estee-graph.ts'

const task = { d: 1, e_d: null, cpus: 1, outputs: [], inputs: [] }

function read(...tasks: unknown[]) {
  return readEsteeGraph(JSON.stringify(tasks), 'my.json')
}

test('a graph is read, in milliseconds and bytes, whatever the order of its tasks', () => {
  const { data, ...graph } = read(
    { d: 2.5, e_d: 3, cpus: 4, outputs: [], inputs: [[1, 1]] },
    {
      ...task,
      outputs: [
        { s: 1, e_s: 2 },
        { s: 0.5, e_s: 0.5 },
      ],
    },
  )
  expect(graph).toMatchObject({
    size: 2,
    durationMs: Float64Array.of(2_500, 1_000),
    estimateMs: Float64Array.of(3_000, Number.NaN),
    cores: Int32Array.of(4, 1),
  })
  expect(data).toMatchObject({
    size: 2,
    bytes: Float64Array.of(2 ** 20, 2 ** 19),
    estimateBytes: Float64Array.of(2 ** 21, 2 ** 19),
    producer: Int32Array.of(1, 1),
    inputs: Int32Array.of(1),
    consumers: Int32Array.of(0),
  })
})

test.for([
  ['[{]', 'my.json: is no JSON: '],
  ['{}', 'my.json: must be an array of tasks, not an object'],
  ['[null]', 'my.json: task 0 must be an object, not null'],
  [[task, { ...task, d: -1 }], 'my.json: task 1: d must be a number from 0 on, and is -1'],
  [[{ ...task, d: undefined }], 'my.json: task 0: d must be a number from 0 on, and is missing'],
  [[{ ...task, e_d: undefined }], 'my.json: task 0: e_d must be a number from 0 on, or null, and is missing'],
  [[{ ...task, e_d: '7' }], 'my.json: task 0: e_d must be a number from 0 on, and is "7"'],
  [[{ ...task, cpus: 1.5 }], 'my.json: task 0: cpus must be a whole number from 1 on, and is 1.5'],
  [[{ ...task, outputs: {} }], 'my.json: task 0: outputs must be an array, and is {}'],
  [[{ ...task, outputs: [7] }], 'my.json: task 0: outputs[0] must be an object, not a number'],
  [
    [{ ...task, outputs: [{ s: null, e_s: 1 }] }],
    'my.json: task 0: outputs[0].s must be a number from 0 on, and is null',
  ],
  [[{ ...task, inputs: [[0]] }], 'my.json: task 0: inputs[0] must be [task, output], and is [0]'],
  [[{ ...task, inputs: [[3, 0]] }], 'my.json: task 0: inputs names task 3, but tasks are numbered 0 to 0'],
  [[{ ...task, inputs: [[0, 1]] }], 'my.json: task 0: inputs names output 1 of task 0, which has 0'],
  [
    [
      { ...task, outputs: [{ s: 1, e_s: 1 }] },
      {
        ...task,
        inputs: [
          [0, 0],
          [0, 0],
        ],
      },
    ],
    'my.json: task 1: inputs names output 0 of task 0 twice',
  ],
  [
    [
      { ...task, inputs: [[2, 0]] },
      { ...task, outputs: [{ s: 1, e_s: 1 }], inputs: [[2, 0]] },
      { ...task, outputs: [{ s: 1, e_s: 1 }], inputs: [[1, 0]] },
    ],
    'my.json: task 2: inputs waits for itself: 2 waits for 1 waits for 2',
  ],
] as const)('what is wrong is named: %#', ([graph, message]) => {
  const text = typeof graph === 'string' ? graph : JSON.stringify(graph)
  let found: unknown
  try {
    readEsteeGraph(text, 'my.json')
  } catch (error) {
    found = error
  }
  expect(found).toBeInstanceOf(WorkloadError)
  expect(found).toMatchObject({ code: 'YM_WORKLOAD', details: { name: 'my.json' } })
  expect((found as WorkloadError).message).toContain(message)
})
