import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface HouseFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** The folders of library code, in which an import of ours may only point downwards. */
const AREAS = ['core', 'transports', 'scheduler', 'cluster', 'views', 'sim', 'testing', 'benchmarks', 'cli'] as const
export type Area = (typeof AREAS)[number]

/** Everything that is in the repository, or would be if it were added now. Works without git: a release has none. */
export function houseFiles(): HouseFile[] {
  return walk('').map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

export function isCode(file: HouseFile): boolean {
  return /\.(ts|tsx|mts|cts|js|mjs|cjs)$/.test(file.path)
}

/** The library file's area; undefined for tests, examples, entry points and the rest. */
export function areaOf(path: string): Area | undefined {
  return AREAS.find((area) => path.startsWith(`${area}/`))
}

/** The code alone. Comments and the contents of strings become blanks; line breaks stay, so line numbers do too. */
export function withoutCommentsAndStrings(text: string): string {
  const pieces = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
  return text.replace(pieces, (piece) => piece.replace(/[^\n]/g, ' '))
}

/**
 * What a file imports, re-exports, imports dynamically or names as a worker's file. The repository's formatting is relied
 * on: statements begin their line. Text that merely looks like an import, in a comment or a string, is none.
 */
export function importsOf(file: HouseFile): string[] {
  const patterns = [
    /^(?:import|export)\s+(?:[^'"`;=()]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm,
    /^(?!\s*(?:\/\/|\/?\*))[^'"`\n]*?\bimport\(\s*['"]([^'"\n]+)['"]/gm,
    /\bnew URL\(\s*['"]([^'"\n]+)['"],\s*import\.meta\.url/g,
  ]
  return patterns.flatMap((pattern) => [...file.text.matchAll(pattern)].map(([, specifier]) => specifier ?? ''))
}

/** `path:line` of each match in the text, for messages that lead to the place. */
export function placesOf(file: HouseFile, pattern: RegExp, text = file.text): string[] {
  const places: string[] = []
  text.split('\n').forEach((line, index) => {
    if (pattern.test(line)) places.push(`${file.path}:${index + 1}`)
  })
  return places
}

function walk(folder: string): string[] {
  const ignored = ignoredNames()
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !ignored(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? walk(path) : [path.split(sep).join('/')]
    })
    .sort()
}

/** `.gitignore` here holds only `folder/` and `*.ending`, which this reads. */
function ignoredNames(): (name: string) => boolean {
  const lines = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n').filter(Boolean)
  const folders = new Set(['.git', ...lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1))])
  const endings = lines.filter((line) => line.startsWith('*')).map((line) => line.slice(1))
  return (name) => folders.has(name) || endings.some((ending) => name.endsWith(ending))
}
