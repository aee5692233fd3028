/** The launcher of one's own that docs/LAUNCHERS.md shows, as a program. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs/LAUNCHERS.md'), 'utf8')
const chapter = page.slice(page.indexOf('## One of your own'), page.indexOf('**The suite.**'))
const blocks = [...chapter.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] as string)
const run = promisify(execFile)
/** Beside the sources, so that 'yardmaster' is this package; no two runs share it. */
const folder = join(root, '.tmp', `launcher-example-${process.pid}`)
const shows = `
const seen = [cluster, named].flatMap(({ engines }) => engines.map(({ name, kind, job }) => [name, kind, job].join(' ')))
console.log(seen.sort().join(', '))
`

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'program.ts'), blocks.join('\n') + shows)
  const command = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`
  writeFileSync(join(folder, 'yardmaster'), command, { mode: 0o755 })
  const files = ['program.ts']
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', files, exclude: [] }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('has the right types', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const printed = await run(process.execPath, [tsc, '-p', join(folder, 'tsconfig.json')]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  )
  expect(printed).toBe('')
})

test.skipIf(process.platform === 'win32')('starts engines, and they end with the program', async () => {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs')
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` }
  const { stdout } = await run(process.execPath, [tsx, join(folder, 'program.ts')], { env, timeout: 60_000 })
  expect(stdout).toBe('mine-0 mine north/mine-0, mine-0 mine south/mine-0, mine-1 mine north/mine-1\n')
})
