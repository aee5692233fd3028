import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const run = (file: string, args: readonly string[]) =>
  promisify(execFile)(file, args, { timeout: 55_000, killSignal: 'SIGKILL' })

const blocks = (language: string, page = readme) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] as string)

const pages = ['FUNCTIONS.md', 'FROM-IPYPARALLEL.md'].map((name) => readFileSync(join(root, 'docs', name), 'utf8'))
const examples = [...blocks('ts'), ...pages.flatMap((page) => blocks('ts', page))]
/** Beside the sources, so that 'yardmaster' is this package; no two runs share it. */
const folder = join(root, '.tmp', `readme-${process.pid}`)

/** An example as a program: where it starts no cluster it continues the first; a line that says what it gives is checked. */
function program(example: string): string {
  const [first = ''] = examples
  const start = first.slice(0, first.indexOf('\n\nconst range'))
  const whole = example.includes('Cluster.start') ? example : `${start}\n${example}`
  const lines = whole.split('\n')
  const imports = lines.filter((line) => line.startsWith('import '))
  const body = lines.filter((line) => !line.startsWith('import ')).map(checked)
  return [`import { deepStrictEqual } from 'node:assert/strict'`, ...imports, ...body, `console.log('done')`].join('\n')
}

function checked(line: string): string {
  const [, code, value] = /^(.*\S) +\/\/ → (.*)$/.exec(line) ?? []
  return code === undefined ? line : `deepStrictEqual(${code}, ${value})`
}

describe('the examples of the README, and of pages of docs', () => {
  beforeAll(() => {
    mkdirSync(folder, { recursive: true })
    for (const [i, example] of examples.entries()) {
      const text = program(example)
      writeFileSync(join(folder, `example-${i}.ts`), text)
      // As tsx has it, which takes longer to start than most examples to run.
      const { code } = transformSync(text, { loader: 'ts', format: 'esm', target: 'node20', keepNames: true })
      writeFileSync(join(folder, `example-${i}.js`), code)
    }
    const files = examples.map((_, i) => `example-${i}.ts`)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', files, exclude: [] }))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.for(examples.map((example, i) => [i, example] as const))(
    'number %i runs, and gives what it says',
    async ([i]) => {
      const { stdout, stderr } = await run(process.execPath, [join(folder, `example-${i}.js`)])
      expect({ stdout, stderr }).toEqual({ stdout: 'done\n', stderr: '' })
    },
  )

  test('have the right types', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const printed = await run(process.execPath, [tsc, '-p', join(folder, 'tsconfig.json')]).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    )
    expect(printed).toBe('')
  })

  test('check something each', () => {
    expect(examples.length).toBeGreaterThan(7)
    for (const example of examples) expect(example).toContain('// → ')
  })
})

describe('the commands of the README', () => {
  const commands = blocks('sh').flatMap((block) => block.replaceAll(/ #.*$/gm, '').split(/\n|&&/))

  test('of npm are scripts of the package', () => {
    const named = commands.flatMap((command) => /^\s*npm (?:run )?([\w:]+)/.exec(command)?.[1] ?? [])
    expect(named).toEqual(expect.arrayContaining(['ci', 'demo', 'test']))
    expect(named.filter((name) => !['ci', 'install'].includes(name) && !(name in manifest.scripts))).toEqual([])
  })

  test('of yardmaster exist, with the options that are given', async () => {
    const named = commands.flatMap((command) => /npx yardmaster (\w+)(.*)$/.exec(command.trim()) ?? [])
    expect(named.length).toBeGreaterThan(0)
    for (const command of commands) {
      const [, name, rest = ''] = /npx yardmaster (\w+)(.*)$/.exec(command.trim()) ?? []
      if (name === undefined) continue
      const { stdout } = await run(process.execPath, [join(root, 'dist/cli/main.js'), name, '--help'])
      for (const option of rest.match(/(?<=\s)--?[\w-]+/g) ?? []) expect(stdout).toContain(option)
    }
  })
})
