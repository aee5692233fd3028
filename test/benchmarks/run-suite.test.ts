import { expect, test } from 'vitest'
import { runSuite } from '../../benchmarks/run-suite.ts'

test('in each round every case has its turn, and each comes after different others', async () => {
  const subjects = ['a', 'b', 'c', 'd', 'e']
  const taken: string[] = []
  const cases = subjects.map((subject) => ({ subject, take: () => ({ rate: taken.push(subject) }) }))
  const figures = { rate: { unit: 'a second', better: 'higher' } } as const
  const suite = { open: async () => ({ measures: [{ name: 'calls', figures, cases }], close: async () => {} }) }
  const settings = { size: 'quick', roundsMax: 40, roundsMin: 40, warmUps: 0, takeMs: 1, budgetMs: 0 } as const
  const { rounds } = await runSuite('turns', suite, settings)
  expect(rounds).toBe(40)
  for (let round = 0; round < 40; round += 1) {
    expect(taken.slice(round * 5, round * 5 + 5).sort()).toEqual(subjects)
  }
  const before = new Set(taken.slice(1).map((subject, i) => `${taken[i]}${subject}`))
  for (const one of subjects) {
    for (const other of subjects) if (one !== other) expect([...before]).toContain(one + other)
  }
})
