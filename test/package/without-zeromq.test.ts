import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstalledPackage, installPackage } from './installed-package.ts'

let installed: InstalledPackage

// As on a machine for which the optional package has no binary: npm leaves it out there.
beforeAll(async () => {
  installed = await installPackage()
  rmSync(join(installed.folder, 'node_modules/zeromq'), { recursive: true })
}, 240_000)
afterAll(() => installed?.remove())

const run = async (body: string): Promise<string> => {
  const program = `import { Client, Cluster } from 'yardmaster'\n${body}`
  const { stdout, stderr } = await installed.run('node', ['--input-type=module', '--eval', program])
  expect(stderr).toBe('')
  return stdout.trim()
}

test.for([
  ['thread', 'memory'],
  ['thread', 'threads'],
  ['process', 'websocket'],
])('without zeromq, %s engines over %s work', async ([engineKind, transport]) => {
  const options = JSON.stringify({ engines: 2, engineKind, transport })
  const printed = await run(`
    const cluster = await Cluster.start(${options})
    const client = await cluster.connect()
    console.log(JSON.stringify(await client.loadBalancedView().map((x) => x * x, [1, 2, 3])))
    await client.close()
    await cluster.stop()`)
  expect(printed).toBe('[1,4,9]')
})

test.for([
  `Cluster.start({ engines: 1, transport: 'zeromq' })`,
  `Client.connect('tcp://127.0.0.1:1', { key: 'A'.repeat(43) })`,
])('without zeromq, %s says what to install', async (call) => {
  const printed = await run(`await ${call}.catch(({ code, message }) => console.log(code, message))`)
  expect(printed).toMatch(/^YM_\w+ .*zeromq.*not installed.*npm install zeromq.*ws:/)
})
