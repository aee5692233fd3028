import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// From here on docs/LAB.md shows it.
import { engines, simulatePlan, workloadOf } from 'yardmaster/sim'

test('a plan', () => {
  const graph = workloadOf([
    { durationMs: 2_000, outputs: [{ bytes: 64 * 2 ** 20 }] },
    { durationMs: 1_000, inputs: [[0, 0]] }, // output 0 of task 0
    { durationMs: 500, cores: 2, after: [0, 1] }, // waits, without data
  ])
  const { startMs, makespanMs } = simulatePlan(
    graph,
    { engine: [0, 1, 1], priority: [3, 2, 1] },
    { engines: engines(2, { cores: 4 }), network: { model: 'maxmin', bytesPerSecond: 256 * 2 ** 20 } },
  )
  expect([...startMs, makespanMs]).toEqual([0, 2_250, 3_250, 3_750])
})

test('the guide shows these examples', () => {
  const [guide, examples] = ['../../docs/LAB.md', 'lab-example.test.ts'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  ) as [string, string]
  const bodies = [...examples.matchAll(/^test\('[^'\n]*', \(\) => \{\n(.*?)^\}\)/gms)].map(
    (match) => match[1] as string,
  )
  const shown = bodies.slice(0, -1).map((body) => body.replace(/^ {2}/gm, ''))
  expect(shown.length).toBeGreaterThan(0)
  for (const body of shown) expect(guide).toContain(body)
})
