/** A file for browsers stands in for the one beside it: it must have all that others take from there. */
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { houseFiles, isCode } from './files.ts'

const files = houseFiles().filter(isCode)
const twins = files.filter(({ path }) => path.endsWith('.browser.ts') && !path.startsWith('scripts/'))
const original = (path: string) => path.replace('.browser.ts', '.ts')

/** Names of values; types are the compiler's business. */
function exportsOf(path: string): string[] {
  const text = files.find((file) => file.path === path)?.text ?? ''
  const declared = [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)].map(
    ([, name]) => name ?? '',
  )
  const taken = [...text.matchAll(/^export const \{ ([\w, ]+) \}/gm)].flatMap(([, names]) => (names ?? '').split(', '))
  return [...declared, ...taken]
}

test('each has a file beside it', () => {
  expect(twins.length).toBeGreaterThan(10)
  expect(twins.filter(({ path }) => !files.some((file) => file.path === original(path)))).toEqual([])
})

test.for(twins.map(({ path }) => path))('%s exports what is used of the other', (path) => {
  const offered = exportsOf(original(path))
  expect(offered.length).toBeGreaterThan(0)
  // A class of Node’s is only named as a type.
  const used = offered.filter((name) => !/^[A-Z]/.test(name) && isUsedOutside(name, original(path)))
  expect(exportsOf(path)).toEqual(expect.arrayContaining(used))
})

function isUsedOutside(name: string, path: string): boolean {
  const base = posix.basename(path)
  return files.some(
    (file) => file.path !== path && file.text.includes(`/${base}'`) && new RegExp(`\\b${name}\\b`).test(file.text),
  )
}
