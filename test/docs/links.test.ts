import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = [
  'README.md',
  'examples/README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'))

/** Targets of links, less those that lead out of the repository. */
function linksIn(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => (match[1] as string).replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
}

test.for(pages)('what %s links to is there', (page) => {
  const links = linksIn(page)
  expect(links.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([])
})

test('the pages do link', () => {
  expect(pages.flatMap(linksIn).length).toBeGreaterThan(40)
})
