import { expect, test } from 'vitest'
import { ConfigurationError, InvalidDependencyError } from '../../core/errors.ts'
import { Dependency } from '../../views/dependency.ts'
import { addFlags, noFlags } from '../../views/view-flags.ts'
import { FakeController } from './fake-controller.ts'

test.each([
  ['retries', -1],
  ['retries', 1.5],
  ['queueTimeout', Number.NaN],
  ['runTimeout', '5s'],
  ['priority', Number.POSITIVE_INFINITY],
  ['targets', 'all'],
  ['targets', []],
  ['targets', [0, -1]],
  ['label', 7],
  ['signal', {}],
  ['retryOnEngineLoss', 1],
  ['onUnmet', 'retry'],
  ['chunk', 0],
  ['ordered', 'yes'],
  ['returnExceptions', null],
])('%s: %j is refused, by name', (flag, value) => {
  const adding = () => addFlags(noFlags, { [flag]: value })
  expect(adding).toThrow(ConfigurationError)
  expect(adding).toThrow(`the flag ${flag} must be `)
})

test('an unknown flag is refused, and the known ones are listed', () => {
  expect(() => addFlags(noFlags, { retrys: 1 } as object)).toThrow(/no flag "retrys".*retries/)
})

test('flags add up, and undefined takes one back', () => {
  const first = addFlags(noFlags, { retries: 2, targets: 1, after: 'a.1' })
  const second = addFlags(first, { retries: undefined, priority: -1, targets: null })
  expect(first.task).toEqual({ retries: 2, targets: [1], after: [new Dependency('a.1').toSpec()] })
  expect(second.task).toEqual({ priority: -1, after: first.task.after })
  expect(addFlags(second, { after: undefined }).task).toEqual({ priority: -1 })
})

test('a view is not changed by what is derived from it', async () => {
  const controller = new FakeController()
  const view = (await controller.connect()).loadBalancedView()
  const derived = view.with({ label: 'derived' })
  expect(view.flags).toEqual({})
  expect(derived.flags).toEqual({ label: 'derived' })
  expect(derived.with({}).flags).toEqual({ label: 'derived' })
})

test('dependencies: plain tasks together, each Dependency for itself', () => {
  const either = new Dependency(['a.1', 'a.1', 'a.2'], { all: false, failure: true })
  const { task } = addFlags(noFlags, { after: ['b.1', either, ['b.2', { ids: ['b.3' as never] }]], follow: [] })
  expect(task.after).toEqual([
    { ids: ['b.1', 'b.2', 'b.3'], all: true, success: true, failure: false },
    { ids: ['a.1', 'a.2'], all: false, success: true, failure: true },
  ])
  expect(task.follow).toEqual([])
})

test('dependencies that make no sense are refused', () => {
  expect(() => new Dependency('a.1', { success: false })).toThrow(InvalidDependencyError)
  expect(() => new Dependency([''])).toThrow(InvalidDependencyError)
  expect(() => new Dependency(new Dependency('a.1') as never)).toThrow(/inside another/)
  expect(() => addFlags(noFlags, { after: 5 as never })).toThrow(InvalidDependencyError)
  expect(() => addFlags(noFlags, { after: null as never })).toThrow(InvalidDependencyError)
})
