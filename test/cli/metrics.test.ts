import { afterEach, beforeEach, expect, test } from 'vitest'
import { Yardmaster } from './yardmaster.ts'

let yardmaster: Yardmaster
beforeEach(() => {
  yardmaster = new Yardmaster()
})
afterEach(() => yardmaster[Symbol.dispose]())

const read = async (url: string) => (await fetch(url)).text()

test('start and controller serve metrics where they say', async () => {
  const started = await yardmaster.run(['start', '--json', '-n', '1', '--metrics', '127.0.0.1:0'])
  expect(started).toMatchObject({ code: 0, stderr: '' })
  const { metricsUrl } = JSON.parse(started.stdout) as { metricsUrl: string }
  expect(await read(metricsUrl)).toContain('yardmaster_info{cluster="default",strategy="leastload"} 1')
  const status = await yardmaster.run(['status', '--json'])
  expect(JSON.parse(status.stdout)).toMatchObject({ metricsUrl })
  expect((await yardmaster.run(['stop'])).code).toBe(0)
  await expect(read(metricsUrl)).rejects.toThrow()

  const controller = yardmaster.spawn(['controller', '--metrics', '0'])
  await controller.says(/"metricsUrl":"\S+"/, 'stderr')
  const url = /"metricsUrl":"([^"]+)"/.exec(controller.stderr)?.[1] as string
  expect(await read(url)).toContain('yardmaster_engines{state="idle"} 0')
  controller.kill('SIGINT')
  expect((await controller.over).code).toBe(0)
})

test('an address that others can reach is refused without --insecure', async () => {
  for (const command of ['start', 'controller']) {
    const { code, stderr } = await yardmaster.run([command, '-n', '0', '--metrics', '0.0.0.0:0'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/open to whoever.*\[YM_CONFIGURATION\]/)])
  }
})
