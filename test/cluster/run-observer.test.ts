import { expect, it } from 'vitest'
import { type RunObserver, together } from '../../cluster/run-observer.ts'

it('a defect of an observer is told once, and hurts neither the others nor the run', () => {
  const seen: string[] = []
  const told: string[] = []
  const throws = () => {
    throw new Error('a defect')
  }
  const broken: RunObserver = { happening: throws, performing: throws, happened: throws }
  const sound: RunObserver = {
    happening: () => void seen.push('happening'),
    performing: () => void seen.push('performing'),
  }
  for (const observers of [[broken, sound], [broken]]) {
    const all = together([undefined, ...observers], (_, line) => told.push(line))
    all?.happening([])
    all?.performing([])
    all?.happened?.()
  }
  expect(seen).toEqual(['happening', 'performing'])
  expect(told).toEqual(Array(2).fill(expect.stringContaining('Error: a defect')))
  expect(together([undefined], () => {})).toBeUndefined()
})
