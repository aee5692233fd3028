import { expect, test } from 'vitest'
import { houseFiles, isCode } from './files.ts'

/** One concept per file keeps files short. Longer ones are listed here, with the reason that outweighs it. */
const LINES_MAX = 450
const LONGER: Record<string, string> = {}

const long = houseFiles().filter((file) => isCode(file) && file.text.split('\n').length - 1 > LINES_MAX)

test('no file is long without a reason', () => {
  expect(long.map((file) => file.path).filter((path) => !(path in LONGER))).toEqual([])
})

test('every file listed as long still is', () => {
  expect(Object.keys(LONGER).filter((path) => !long.some((file) => file.path === path))).toEqual([])
})
