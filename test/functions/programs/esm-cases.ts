/** What only ES modules have. */
import { parse } from 'acorn'
import TinyQueue from 'tinyqueue'
import type { Case } from './cases.ts'

const here = import.meta.url

export const esmCases: Record<string, Case> = {
  'import.meta.url': { fn: () => import.meta.url === here },
  'import.meta in an import()': {
    fn: async () => (await import(new URL(`./work${import.meta.url.slice(-3)}`, import.meta.url).href)).base,
  },
  'packages that are ES modules only': {
    fn: () => [new TinyQueue([3, 1, 2]).pop(), parse('1', { ecmaVersion: 5 }).type],
  },
}
