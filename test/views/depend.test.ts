import { expect, test } from 'vitest'
import { ConfigurationError } from '../../core/errors.ts'
import { depend, requires } from '../../views/depend.ts'
import { task } from '../../views/functions/module-task.ts'
import { shipFunction } from '../../views/functions/ship-function.ts'

const double = (x: number) => x * 2
const unmet = expect.objectContaining({ code: 'YM_UNMET_DEPENDENCY' })

test('the predicate decides, with what it was given', async () => {
  const atLeast = (have: number, want: number) => have >= want
  expect(depend(double, atLeast, 3, 2)(4)).toBe(8)
  expect(() => depend(double, atLeast, 1, 2)(4)).toThrow(unmet)
  const later = async (yes: boolean) => yes
  expect(await depend(double, later, true)(4)).toBe(8)
  await expect(depend(double, later, false)(4)).rejects.toEqual(unmet)
})

test('modules are looked up where the engine runs', () => {
  expect(requires(double, ['xstate', 'node:fs'])(4)).toBe(8)
  // It has no entry for `require`.
  expect(requires(double, 'typebox')(4)).toBe(8)
  expect(() => requires(double, ['xstate', 'no-such-module'])(4)).toThrow(unmet)
})

test('it can travel', () => {
  expect(shipFunction(requires(double, 'xstate')).hash).toBe(shipFunction(requires(double, 'xstate')).hash)
  expect(shipFunction(requires(double, 'xstate')).hash).not.toBe(shipFunction(requires(double, 'rxjs')).hash)
})

test('what is no function is refused', () => {
  expect(() => depend(task('x', 'y') as never, () => true)).toThrow(/UnmetDependency/)
  expect(() => depend(double, 7 as never)).toThrow(ConfigurationError)
  expect(() => requires(double, [''])).toThrow(ConfigurationError)
})
