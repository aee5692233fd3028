import { afterAll, expect, test } from 'vitest'
import { Yardmaster } from './yardmaster.ts'

const yardmaster = new Yardmaster()
afterAll(() => yardmaster[Symbol.dispose]())

test('simulate tries seeds on several threads, and says what went wrong in them', async () => {
  const { code, stdout, stderr } = await yardmaster.run(['simulate', '--faults', '--seeds', '4', '-n', '2'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^fault +injected\n/)
  expect(stdout).toMatch(/\n4 seeds in .* 240 tasks finished, 0 violations\n$/)
})

test('simulate tells the story of a seed, the same each time', async () => {
  const run = () => yardmaster.run(['simulate', '--faults', '--seed', '3', '--story', '--messages', '--json'])
  const [some, others] = await Promise.all([run(), run()])
  expect(some.code).toBe(0)
  expect(JSON.parse(some.stdout)).toMatchObject({
    seed: 3,
    story: expect.arrayContaining([expect.stringMatching(/submit #/)]),
  })
  const withoutPids = (text: string) => text.replace(/pid \d+/g, '')
  expect(withoutPids(others.stdout)).toBe(withoutPids(some.stdout))
})

test('with faults, --engines means threads, too', async () => {
  const { code, stdout } = await yardmaster.run(['simulate', '--faults', '--seeds', '2', '--engines', '2'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/\n2 seeds in /)
  const wrong = await yardmaster.run(['simulate', '--faults', '--engines', '8x4'])
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--threads') })
})

test('simulate says what is missing', async () => {
  const { code, stderr } = await yardmaster.run(['simulate', '--seed', '3'])
  expect(code).toBe(2)
  expect(stderr).toBe(
    'yardmaster: say what to simulate: yardmaster simulate --workload, or yardmaster simulate --faults [YM_CONFIGURATION]\n',
  )
})
