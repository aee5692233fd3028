/** Streams and maps without an end keep nothing of what has been read. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('./programs/endless-stream.mjs', import.meta.url))
const count = 1_000_000
/** Each kept item would take a hundred bytes or more. */
const growthMaxMegabytes = 20

it.for(['stream', 'imap'])('%s: a million items, and no more memory for the last than for the first', async (what) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, what, String(count)])
  const { read, measured } = JSON.parse(stdout) as { read: number; measured: number[] }
  expect([read, measured.length]).toEqual([count, 10])
  expect(Math.max(...measured) - (measured[0] as number)).toBeLessThan(growthMaxMegabytes)
})
