import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Yardmaster } from './yardmaster.ts'

let yardmaster: Yardmaster
beforeEach(() => {
  yardmaster = new Yardmaster()
  vi.stubEnv('YARDMASTER_DIR', yardmaster.directory)
})
afterEach(() => yardmaster[Symbol.dispose]())

const linkIn = (text: string) => /http:\/\/127\.0\.0\.1:\d+\/\?token=([\w-]{32})/.exec(text)

test('start --dashboard prints the link, which lets one in, as does status, and no file has its token but the connection file', async () => {
  const { code, stdout, stderr } = await yardmaster.run(['start', '-n', '1', '--dashboard'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [link = '', token = ''] = linkIn(stdout) ?? []
  const page = await fetch(link)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<title>Yardmaster</title>')
  expect((await yardmaster.run(['status'])).stdout).toContain(`watch: ${link}\n`)
  const holders = yardmaster.files.filter((file) => readFileSync(yardmaster.path(file), 'utf8').includes(token))
  expect(holders).toEqual(['default.json'])
  expect((await yardmaster.run(['stop'])).code).toBe(0)
  await expect(fetch(link)).rejects.toThrow()
})

test('controller --dashboard prints it, also with --quiet', async () => {
  const controller = yardmaster.spawn(['controller', '--dashboard', '127.0.0.1:0', '--quiet'])
  await controller.says(/token=/, 'stderr')
  const [link = ''] = linkIn(controller.stderr) ?? []
  expect((await fetch(link)).status).toBe(200)
  controller.kill('SIGINT')
  await controller.over
})

test('where others can reach it, it is not served but with --insecure', async () => {
  const refused = await yardmaster.run(['start', '-n', '0', '--dashboard', '0.0.0.0:0'])
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/dashboard at http:\/\/0\.0\.0\.0.*YM_CONFIGURATION/s),
  })
})
