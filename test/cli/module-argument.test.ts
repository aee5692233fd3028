import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { modulePath } from '../../cli/module-argument.ts'

const there = new URL('./programs/tasks.js', import.meta.url).href

test('a module is named by its path, or by its URL, as launchers hand on that of `tracing`', () => {
  expect(modulePath(there)).toBe(fileURLToPath(there))
  expect(modulePath(fileURLToPath(there))).toBe(fileURLToPath(there))
})

test('one that is not there is an error, however it is named', () => {
  const missing = new URL('./programs/task.js', import.meta.url)
  for (const argument of [missing.href, fileURLToPath(missing)])
    expect(() => modulePath(argument)).toThrow(`there is no module ${fileURLToPath(missing)}`)
})
