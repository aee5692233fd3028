/** What the compiler says of the commonest mistakes: each in a line that names what is wrong. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Beside the sources, so that 'yardmaster' is this package; no two runs share it. */
const folder = join(root, '.tmp', `wrong-calls-${process.pid}`)

const mistakes: readonly (readonly [call: string, says: string])[] = [
  [
    "lview.apply((x: number) => x, 'one')",
    "Argument of type 'string' is not assignable to parameter of type 'number'.",
  ],
  ['lview.apply((a: number, b: number) => a + b, 1)', 'Expected 3 arguments, but got 2.'],
  ["lview.apply(power, 'two')", "Argument of type 'string' is not assignable to parameter of type 'number'."],
  [
    "lview.map((x: number) => x, ['one'])",
    "Argument of type 'string[]' is not assignable to parameter of type 'Sequence<number>'.",
  ],
  ['lview.map((a: number, b: number) => a + b, numbers)', 'Expected 3 arguments, but got 2.'],
  [
    'lview.map(numbers, (x: number) => x)',
    "Argument of type 'number[]' is not assignable to parameter of type 'TaskFunction<[unknown], unknown>'.",
  ],
  [
    'lview.with({ retrys: 2 })',
    "Object literal may only specify known properties, and 'retrys' does not exist in type 'ViewFlags'.",
  ],
  ["lview.with({ runTimeout: '1s' })", "Type 'string' is not assignable to type 'number'."],
  ['lview.with({ after: 5 })', "Type 'number' is not assignable to type 'DependencyLike | undefined'."],
  [
    "new Dependency('a.1', { sucess: true })",
    "Object literal may only specify known properties, but 'sucess' does not exist in type 'DependencyOptions'. Did you mean to write 'success'?",
  ],
  [
    'dview.with({ retries: 2 })',
    "Object literal may only specify known properties, and 'retries' does not exist in type 'OnlyDirect<DirectFlags>'.",
  ],
  ["dview.scatter('x', 5)", "Argument of type 'number' is not assignable to parameter of type 'Iterable<unknown>'."],
  [
    "client.directView('some')",
    `Argument of type '"some"' is not assignable to parameter of type 'EngineTargets | undefined'.`,
  ],
  ["Cluster.start({ engines: '4' })", "Type 'string' is not assignable to type 'number'."],
  ["Cluster.start({ transport: 'pigeon' })", `Type '"pigeon"' is not assignable to type 'Transport | undefined'.`],
  ['Cluster.start({ strategy: 5 })', "Type 'number' is not assignable to type 'StrategyLike | undefined'."],
  ['Cluster.start({ store: 5 })', "Type 'number' is not assignable to type 'string | TaskStore | undefined'."],
  [
    'export const sum: number = await lview.map((x: number) => x, numbers)',
    "Type 'number[]' is not assignable to type 'number'.",
  ],
  ["strategy('mine', (_task, engines) => engines.first)", "Property 'first' does not exist on type 'Engines'."],
]

const head = [
  "import { type Client, Cluster, Dependency, task } from 'yardmaster'",
  "import { strategy } from 'yardmaster/scheduler'",
  'declare const client: Client',
  'declare const numbers: number[]',
  'const lview = client.loadBalancedView()',
  "const dview = client.directView('all')",
  "const power = task<(x: number) => number>(import.meta.url, 'power')",
]

let said: Map<number, string>
beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'wrong.ts'), [...head, ...mistakes.map(([call]) => call)].join('\n'))
  const config = { extends: '../../tsconfig.json', files: ['wrong.ts'], include: ['wrong.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' })
  const lines = stdout.matchAll(/^\S*wrong\.ts\((\d+),\d+\): error \w+: (.*)$/gm)
  said = new Map([...lines].map(([, line, message]) => [Number(line) - 1 - head.length, message as string]))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(mistakes.map((mistake, i) => [...mistake, i] as const))('%s', (_call, says, i) => {
  expect(said.get(i)).toBe(says)
})

test('nothing else is wrong', () => {
  expect([...said.keys()].sort((a, b) => a - b)).toEqual([...mistakes.keys()])
})
