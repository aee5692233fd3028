import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, WorkloadError } from '../../../core/errors.ts'
import { exponential } from '../../../sim/lab/distributions.ts'
import { drawnWorkload, isWorkloadSpec } from '../../../sim/lab/generate/workload-generators.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'
import { readWorkload } from '../../../sim/lab/read/workload-formats.ts'
import { readEsteeGraph } from '../../../sim/lab/read-estee-graph.ts'

const graph = 'elementary/plain1cpus-128410f5-6701-4e15-94de-4545aab6e6a3.json'
const text = readFileSync(new URL(`fixtures/estee/graphs/${graph}`, import.meta.url), 'utf8')

test('a file is read by its ending and its content', () => {
  expect(readWorkload(text, 'graph.json')).toEqual(readEsteeGraph(text, 'graph.json'))
})

test.for([
  ['tasks.csv', 'a,b', /^tasks\.csv: its ending is of no known format\. Known are: .*Estee \(\.json\)/],
  ['tasks.json', '[{"d":-1}]', /^tasks\.json: task 0: /],
] as const)('what is no workload is said: %s', ([name, content, message]) => {
  const read = () => readWorkload(content, name)
  expect(read).toThrow(WorkloadError)
  expect(read).toThrow(message)
})

describe('a specification', () => {
  test('gives the workload that its parameters say', () => {
    const { draw, offered } = drawnWorkload('poisson:perSecond=80,tasks=100,durations=exponential:50')
    const { arrivalMs, durationMs } = draw('a')
    expect(durationMs).toEqual(generateWorkload({ tasks: 100, durations: exponential(50), seed: 'a' }).durationMs)
    expect(arrivalMs.at(-1)).toBeGreaterThan(0)
    expect(draw('b').durationMs).not.toEqual(durationMs)
    expect(offered).toBeCloseTo(4)
  })

  test.for([
    'batch:tasks=5,durations=deterministic:100',
    'batch:tasks=5,durations=pareto:100/1.5',
    'batch:tasks=5,durations=lognormal:100/4',
    'batch:tasks=5,durations=bimodal:10/1000/0.1',
    'bursty:perSecond=10,onMs=100,offMs=300,tasks=5,durations=exponential:7',
  ])('%s', (spec) => {
    expect(isWorkloadSpec(spec)).toBe(true)
    expect(drawnWorkload(spec).draw(1).size).toBe(5)
  })

  test.for([
    ['nonsense:tasks=1', /no generator of workloads 'nonsense'\. There are: poisson:perSecond=RATE/],
    ['batch:tasks=1', /durations is missing.*It is written batch:tasks=COUNT,durations=DISTRIBUTION/],
    ['batch:tasks=0,durations=exponential:1', /tasks must be a whole number from 1 on, not '0'/],
    ['batch:tasks=1,durations=gauss:1', /durations must be one of deterministic:MEAN, .*, not 'gauss:1'/],
    ['batch:tasks=1,durations=pareto:1', /durations must be one of .*pareto:MEAN\/SHAPE/],
    ['batch:tasks=1,durations=pareto:1/1', /durations: shape must be a number above 1/],
    ['batch:tasks=1,durations=exponential:', /durations must be one of/],
    ['batch:tasks=1,tasks=2,durations=exponential:1', /tasks is given twice/],
    ['batch:tasks=1,durations=exponential:1,speed=2', /there is no parameter speed/],
    ['batch:tasks', /'tasks' must be NAME=VALUE/],
    ['poisson:perSecond=0,tasks=1,durations=exponential:1', /perSecond must be a number above 0/],
    ['poisson:perSecond=x,tasks=1,durations=exponential:1', /perSecond must be a number from 0 on, not 'x'/],
  ] as const)('%s is answered with what is wrong', ([spec, message]) => {
    expect(() => drawnWorkload(spec)).toThrow(ConfigurationError)
    expect(() => drawnWorkload(spec)).toThrow(message)
  })
})
