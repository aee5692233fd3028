import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Yardmaster } from './yardmaster.ts'

const commands = ['map', 'start', 'status', 'scale', 'stop', 'controller', 'engine', 'trace', 'simulate', 'bench']
let yardmaster: Yardmaster
beforeAll(() => {
  yardmaster = new Yardmaster()
})
afterAll(() => yardmaster[Symbol.dispose]())

test('--help names every command, and each has its own', async () => {
  const { code, stdout, stderr } = await yardmaster.run(['--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const named = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name)
  expect(named).toEqual(commands)
  await Promise.all(
    commands.map(async (name) => {
      const help = await yardmaster.run([name, '--help'])
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining(`Usage: yardmaster ${name}`) })
      expect(help.stdout).toMatch(/\nExamples?(, .*)?:\n/)
    }),
  )
})

test('without a command it says which there are', async () => {
  const { code, stderr } = await yardmaster.run([])
  expect(code).toBe(2)
  for (const name of commands) expect(stderr).toContain(`  ${name} [options]`)
})

describe('a wrong command line is answered with what is wrong and what to do', () => {
  test.for([
    [['bogus'], /unknown command 'bogus'/, 'yardmaster --help'],
    [['map'], /missing required argument 'module'/, 'yardmaster map --help'],
    [['start', '-n', 'x'], /'x' is invalid.*whole number/, 'yardmaster start --help'],
    [['start', '--origin', 'https://example.org/'], /scheme, host and port alone/, 'yardmaster start --help'],
    [['start', '--engine-kind', 'green'], /Allowed choices are process, thread/, 'yardmaster start --help'],
    [['stop', '--nwo'], /unknown option '--nwo'.*Did you mean --now/, 'yardmaster stop --help'],
    [['map', 'x.js', '--cluster', 'a', '-n', '2'], /cannot be used with/, 'yardmaster map --help'],
  ] as const)('%j', async ([args, message, advice]) => {
    const { code, stdout, stderr } = await yardmaster.run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^yardmaster: .*\[YM_CONFIGURATION\]\n/)
    expect(stderr).toMatch(message)
    expect(stderr).toContain(`To see how: ${advice}\n`)
  })
})
