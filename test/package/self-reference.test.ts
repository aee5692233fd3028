import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as yardmaster from 'yardmaster'
import * as engine from 'yardmaster/engine'
import manifest from '../../package.json' with { type: 'json' }

// Loads by Node's own rules, which Vite has no part in.
const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('../..', import.meta.url))

test('every subpath of the package leads to the built file', () => {
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    const expected = typeof target === 'string' ? target : target.default
    expect(require.resolve(join('yardmaster', subpath))).toBe(join(root, expected))
  }
})

test('a test gets the very modules that Node loads from dist, so that their workers start beside them', () => {
  expect(Object.keys(yardmaster).length).toBeGreaterThan(0)
  expect({ ...require('yardmaster') }).toEqual({ ...yardmaster })
  for (const [name, value] of Object.entries(yardmaster)) expect(require('yardmaster')[name], name).toBe(value)
  expect(require('yardmaster/engine').UnmetDependency).toBe(engine.UnmetDependency)
})
