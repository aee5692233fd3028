import { expect, test } from 'vitest'
import { poisson } from '../../../sim/lab/arrival-processes.ts'
import { exponential } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateGraph } from '../../../sim/lab/generate/generate-graph.ts'
import { layered } from '../../../sim/lab/generate/graph-shapes.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'
import { readWfFormat } from '../../../sim/lab/read/read-wfformat.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { workloadOfTrace } from '../../../sim/trace/read-recording.ts'
import { toPerfetto } from '../../../sim/trace/to-perfetto.ts'
import { toWfFormat } from '../../../sim/trace/to-wfformat.ts'
import { traceOfRun } from '../../../sim/trace/trace-of-run.ts'

/** To the microsecond. */
function alike(some: Float64Array, others: Float64Array): void {
  expect(some.length).toBe(others.length)
  some.forEach((ms, task) => {
    expect(Math.abs(ms - (others[task] as number))).toBeLessThan(0.001_1)
  })
}

test('the workload of the trace of a simulated run is the one that was run', () => {
  const open = generateWorkload({
    tasks: 100,
    durations: exponential(50),
    arrivals: poisson({ perSecond: 40 }),
    seed: 3,
  })
  const back = workloadOfTrace(
    traceOfRun(simulateWorkload(open, { engines: engines(3), strategy: 'powerOf2', hwm: 0 })),
  )
  alike(back.durationMs, open.durationMs)
  alike(
    back.arrivalMs,
    open.arrivalMs.map((ms) => ms - (open.arrivalMs[0] as number)),
  )

  const graph = generateGraph(layered({ layers: 5, width: 6, probability: 0.3 }), { durations: exponential(50) })
  const trace = traceOfRun(simulateWorkload(graph, { engines: engines(3, { cores: 2 }) }))
  const again = workloadOfTrace(trace)
  alike(again.durationMs, graph.durationMs)
  const { producer = [], inputs = [], firstInput } = again.data ?? {}
  const needed = (data: typeof graph.data) => Array.from(data?.inputs ?? [], (object) => data?.producer[object])
  expect(needed(again.data)).toEqual(needed(graph.data))
  expect(firstInput).toEqual(graph.data?.firstInput)
  expect([producer.length > 0, inputs.length > 0]).toEqual([true, true])
  alike(readWfFormat(JSON.stringify(toWfFormat(trace))).durationMs, graph.durationMs)
})

test('seen in Perfetto, an engine has no more rows than cores', () => {
  const open = generateWorkload({ tasks: 300, durations: exponential(50), arrivals: poisson({ perSecond: 100 }) })
  const { traceEvents } = toPerfetto(traceOfRun(simulateWorkload(open, { engines: engines(2, { cores: 3 }) })))
  const rows = new Set(
    (traceEvents as { ph: string; pid: number; tid?: number }[]).flatMap(({ ph, pid, tid }) =>
      ph === 'X' ? [`${pid}/${tid}`] : [],
    ),
  )
  expect([...rows].sort()).toEqual(['2/0', '2/1', '2/2', '3/0', '3/1', '3/2'])
})
