import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (path: string) => readFileSync(posix.join(root, path), 'utf8')

interface Export {
  readonly file: string
  readonly name: string
}

const declaration = (name: string) =>
  new RegExp(
    `^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\\*?|interface|type|const|enum) (${name})\\b`,
    'gm',
  )

/** What a file shows that it declares or names itself, and what it passes on of others. */
function exportsOf(file: string): Export[] {
  const text = textOf(file)
  const own = [...text.matchAll(declaration('\\w+'))].map(([, name]) => ({ file, name: name as string }))
  const passedOn = [...text.matchAll(/^export (?:type )?(\*|\{[^}]*\}) from '(\.[^']+)'/gm)].flatMap(
    ([, names = '', specifier = '']) => {
      const from = exportsOf(posix.join(posix.dirname(file), specifier))
      if (names === '*') return from
      const wanted = names
        .slice(1, -1)
        .split(',')
        .map((name) => name.trim().replace(/^type | as .*$/g, ''))
      return from.filter(({ name }) => wanted.includes(name))
    },
  )
  return [...own, ...passedOn]
}

/** The sources of the package's entry points. */
const entries = Object.values(manifest.exports)
  .flatMap((target) => (typeof target === 'string' ? [] : [target.default]))
  .map((path) => path.replace('./dist/', '').replace(/\.js$/, '.ts'))

test.for(entries)('all that %s shows has a docstring', (entry) => {
  const shown = exportsOf(entry)
  expect(shown.length).toBeGreaterThan(1)
  const bare = shown.filter(({ file, name }) => {
    const text = textOf(file)
    const at = declaration(name).exec(text)?.index ?? 0
    return !text.slice(0, at).endsWith('*/\n')
  })
  expect(bare.map(({ file, name }) => `${file}: ${name}`)).toEqual([])
})
