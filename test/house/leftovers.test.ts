import { expect, test } from 'vitest'
import { areaOf, type HouseFile, houseFiles, isCode, placesOf, withoutCommentsAndStrings } from './files.ts'

// The patterns below would find themselves, and the bytes of a picture are no words.
const files = houseFiles().filter(({ path }) => path !== 'test/house/leftovers.test.ts' && !path.endsWith('.png'))
const code = files.filter(isCode)

function places(among: readonly HouseFile[], pattern: RegExp): string[] {
  return among.flatMap((file) => placesOf(file, pattern))
}

test('nothing is left to do', () => {
  expect(places(files, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([])
})

test('no test is alone, and none is left out without a reason beside it', () => {
  const tests = code.filter((file) => file.path.startsWith('test/') || file.path.startsWith('testing/'))
  const plain = tests.map((file) => ({ ...file, text: withoutCommentsAndStrings(file.text) }))
  expect(places(plain, /\b(test|it|describe|suite)(\.\w+)*\.only\b|\bfdescribe\b|\bfit\(/)).toEqual([])
  const leftOut = places(plain, /\b(test|it|describe|suite)(\.\w+)*\.(skip|todo|fails)\b/)
  const explained = (place: string) => {
    const [path, line] = place.split(':')
    const lines = tests.find((file) => file.path === path)?.text.split('\n') ?? []
    return lines.slice(Number(line) - 2, Number(line)).some((text) => text.includes('//'))
  }
  expect(leftOut.filter((place) => !explained(place))).toEqual([])
})

test('no debugging remains in the library', () => {
  const library = code.filter((file) => areaOf(file.path) && areaOf(file.path) !== 'cli')
  const plain = library.map((file) => ({ ...file, text: withoutCommentsAndStrings(file.text) }))
  expect(places(plain, /\bconsole\.(log|debug|dir|trace)\(|\bdebugger\b/)).toEqual([])
})

test('no path of one machine, and no registry, is written down', () => {
  expect(places(files, /(^|[\s"'`(=:])(\/(root|work|Users\/\w+|home\/\w+)\/|[A-Z]:\\Users\\)/)).toEqual([])
  expect(places(files, /https?:\/\/[^\s"'/]*\b(registry|npmjs\.org|artifactory|verdaccio|nexus)\b/)).toEqual([])
  const lock = files.filter((file) => file.path === 'package-lock.json')
  expect(lock).toHaveLength(1)
  expect(places(lock, /"resolved"/)).toEqual([])
})

/** How often the compiler or the linter is overruled in the library. Lower a number when you can; raise it with a reason. */
const OVERRULED_MAX: ReadonlyArray<readonly [string, RegExp, number]> = [
  ['any', /(:|\bas|<|,|\|)\s*any\b(?!\s*:)/, 0],
  ['as unknown as', /\bas unknown as\b/, 0],
  ['ts-ignore', /@ts-(ignore|expect-error|nocheck)\b/, 0],
  // An AsyncResult is a thenable on purpose.
  ['biome-ignore', /\bbiome-ignore\b/, 1],
]

test.for(OVERRULED_MAX)('types are honest: %s', ([name, pattern, countMax]) => {
  const library = code.filter((file) => areaOf(file.path) || !file.path.includes('/'))
  const inComments = name.endsWith('ignore')
  const found = library.flatMap((file) =>
    placesOf(file, pattern, inComments ? file.text : withoutCommentsAndStrings(file.text)),
  )
  expect(found.length, found.join('\n')).toBeLessThanOrEqual(countMax)
})
