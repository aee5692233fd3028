import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { family, gone, isThere } from '../cli/yardmaster.ts'
import { scaled } from '../scale.ts'
import { type InstalledPackage, installPackage, type Ran, TSC } from './installed-package.ts'

/** What `start --json` prints. */
interface StartedCluster {
  readonly pid: number
  readonly logFile: string
}

const INSTALL_TIMEOUT_MS = 240_000

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
}, INSTALL_TIMEOUT_MS)

afterAll(() => installed?.remove())

const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json')
const specifiers = subpaths.map((subpath) => subpath.replace('.', 'yardmaster'))

describe('what is published', () => {
  test('is dist, the guides and examples, the changelog, the licence and what npm always adds', () => {
    const others = installed.files.filter((file) => !/^(dist|docs|examples)\//.test(file))
    expect(others.filter((file) => file !== 'README.md').sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'package.json'])
    // The plots that the guides show, and what some are drawn from, lie beside them.
    expect(installed.files.filter((file) => /^docs\/(?!(lab|performance|dashboard)\/|.*\.md$)/.test(file))).toEqual([])
  })

  test('has what the README links to', () => {
    const readme = readFileSync(join(installed.folder, 'node_modules', 'yardmaster', 'README.md'), 'utf8')
    const links = [...readme.matchAll(/\]\(((?:docs|examples)\/[^)#]+)/g)].map(([, target]) => target as string)
    expect(links.length).toBeGreaterThan(10)
    for (const link of links)
      expect(installed.files.some((file) => file === link || file.startsWith(`${link}/`))).toBe(true)
  })

  test('holds the file of every entry point', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    )
    for (const target of targets) expect(installed.files).toContain(target.replace('./', ''))
    expect(installed.files).toContain('dist/dashboard/page.html')
  })
})

describe('in JavaScript', () => {
  // The testing kit is for use within a test runner, which a stranger has to have.
  test.for(specifiers.filter((specifier) => specifier !== 'yardmaster/testing'))('%s loads', async (specifier) => {
    const script = `import * as entry from '${specifier}'; console.log(typeof entry)`
    const { stdout, stderr } = await installed.run('node', ['--input-type=module', '--eval', script])
    expect(stdout).toBe('object\n')
    expect(stderr).toBe('')
  })

  test('nothing else can be reached', async () => {
    const script = `await import('yardmaster/dist/index.js')`
    await expect(installed.run('node', ['--input-type=module', '--eval', script])).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    )
  })
})

describe('on the command line', () => {
  // What npm has put there: npx, which takes longer than most commands, runs the same.
  const yardmaster = (args: string, input = '') =>
    installed.run(join(installed.folder, 'node_modules/.bin/yardmaster'), args.split(' '), { input })

  beforeAll(() => {
    installed.write('task.js', 'export default (x) => x * x')
    installed.write('typed.ts', 'export const root = (x: number): number => Math.sqrt(x)')
  })

  test('a cluster is started, used, looked at and stopped, with nothing left', async () => {
    const { pid, logFile } = JSON.parse((await yardmaster('start -n 2 --json')).stdout) as StartedCluster
    try {
      const members = family(pid)
      expect(members).toHaveLength(3)
      expect((await yardmaster('map ./task.js --cluster default', '3\n4\n')).stdout).toBe('9\n16\n')
      expect((await yardmaster('status')).stdout).toContain(`(process ${pid})`)
      expect((await yardmaster('stop')).stdout).toBe("cluster 'default' has stopped\n")
      await gone(members)
    } finally {
      if (isThere(pid)) process.kill(pid, 'SIGKILL')
    }
    const folder = dirname(logFile)
    expect(folder).toBe(join(installed.folder, 'clusters'))
    expect(readdirSync(folder)).toEqual(['default.log'])
  })

  test.for(['thread memory', 'process websocket', 'process zeromq'])(
    'map runs on %s engines',
    async (way, { skip }) => {
      const [kind, transport] = way.split(' ')
      const isMissing = transport === 'zeromq' && !existsSync(join(installed.folder, 'node_modules/zeromq'))
      skip(isMissing, 'npm left the optional package out')
      const { stdout } = await yardmaster(`map ./task.js -n 2 --engine-kind ${kind} --transport ${transport}`, '3\n4\n')
      expect(stdout).toBe('9\n16\n')
    },
  )

  test('map of a TypeScript module says what it needs, and works once that is there', async () => {
    const map = () => yardmaster('map ./typed.ts#root -n 1', '81\n')
    if (!Reflect.get(process.features, 'typescript')) {
      const failed = await map().catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: 2, stdout: '' })
      expect(failed).toMatchObject({ stderr: expect.stringMatching(/typed\.ts.*npm install tsx.*\[YM_MODULE\]/) })
      installed.borrow('tsx')
    }
    expect((await map()).stdout).toBe('9\n')
  })

  test('bench measures, and says what its plots need', async () => {
    const { stdout } = await yardmaster('bench functions results --least')
    expect(stdout).toMatch(/captures nothing.*`map`, held when it has ended/s)
    await expect(yardmaster('bench functions --least --plots plots')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/needs the package echarts.*npm install echarts \[YM_CONFIGURATION\]/),
    })
  })

  test('it knows its version', async () => {
    const { stdout } = await installed.run('npx', ['--no-install', 'yardmaster', '--version'])
    expect(stdout).toBe(`${manifest.version}\n`)
  })
})

describe('each example runs where the package is installed', () => {
  beforeAll(() => {
    cpSync(join(installed.folder, 'node_modules/yardmaster/examples'), join(installed.folder, 'examples'), {
      recursive: true,
    })
    // What its page says to install.
    for (const name of ['tsx', 'marked']) installed.borrow(name)
  })

  // On threads, or on processes over WebSocket, which need no optional package.
  const wire = ['--transport', 'websocket']
  const examples: Record<string, { args?: string[]; prints: RegExp; draws?: string }> = {
    dag: { args: ['8', '12', 'dag.svg'], prints: /8 tasks, 12 edges, 0 of them broken/, draws: 'dag.svg' },
    demo: { args: ['300'], prints: /equal to the serial result[\s\S]*websocket, process engines.*yes/ },
    documents: { args: ['node_modules/yardmaster/README.md', ...wire], prints: /README\.md/ },
    'log-analysis': { args: ['5000'], prints: /lines: 5000[\s\S]*the first slow ones/ },
    'monte-carlo': {
      args: ['40000'],
      prints: /^simulated \d\.\d{4} ± 0\.\d{4} \(99 %\), Black and Scholes 7\.\d{4}\n$/,
    },
    'numeric-array': {
      args: ['5000'],
      prints: /5000 values on engines 0, 1, 2, 3 in \d+ ms\n.*off by \d\.\de-1\d\n$/,
    },
    'parameter-sweep': { args: wire, prints: /calm[\s\S]*noisy[\s\S]*steep/ },
    stencil: {
      args: ['20', '20', '5', 'stencil.svg', ...wire],
      prints: /on engines 0, 1, 2, 3 in \d+ ms\n.*result: yes/,
      draws: 'stencil.svg',
    },
    'watch-machines': { prints: /engine +ready[\s\S]*controller +stopped/ },
  }

  test('all are here, but for those that others are made of', () => {
    const parts = ['growing-and-shrinking', 'on-a-cluster', 'picture', 'word-counts']
    const programs = readdirSync(join(installed.folder, 'examples')).flatMap(
      (name) => /^(.*)\.m?[jt]s$/.exec(name)?.[1] ?? [],
    )
    expect(programs.filter((name) => !parts.includes(name)).sort()).toEqual(Object.keys(examples).sort())
  })

  // The demo is run by the tests of launchers, and what others compute by `test/system/examples.test.ts`.
  const usual = Object.entries(examples).filter(([name]) =>
    ['dag', 'documents', 'parameter-sweep', 'watch-machines'].includes(name),
  )

  test.for(scaled(Object.entries(examples), usual))('%s', async ([name, { args = [], prints, draws }]) => {
    const tsx = join(installed.folder, 'node_modules/tsx/dist/cli.mjs')
    const { stdout } = await installed.run('node', [tsx, `examples/${name}.ts`, ...args])
    expect(stdout).toMatch(prints)
    if (draws)
      expect(readFileSync(join(installed.folder, draws), 'utf8')).toMatch(/^<svg [\s\S]*<rect [\s\S]*<\/svg>\n$/)
  })
})

describe('in TypeScript', () => {
  // `npm run check` reads them in every way that there is, without checking what is in them.
  const nodenext = { module: 'nodenext', moduleResolution: 'nodenext' }
  const resolutions = scaled([nodenext, { module: 'esnext', moduleResolution: 'bundler' }], [nodenext])

  beforeAll(() => {
    for (const name of ['@types/node', 'vitest', 'fast-check']) installed.borrow(name)
    const imports = specifiers.map((specifier, index) => `export * as entry${index} from '${specifier}'`)
    installed.write('entries.ts', imports.join('\n'))
  })

  test.for(resolutions)('every entry point has its types under $moduleResolution, and no other', async (resolution) => {
    const wrong = specifiers.map((name, index) => `import { noSuchExport as entry${index} } from '${name}'`)
    installed.write('wrong.ts', wrong.join('\n'))
    installed.write('tsconfig.json', configuration(resolution, ['entries.ts', 'wrong.ts']))
    const errors = (await check()).trimEnd().split('\n')
    // So the types are really read.
    expect(errors).toEqual(
      specifiers.map((name) => expect.stringMatching(new RegExp(`^wrong\\.ts.*"${name}".* 'noSuchExport'`))),
    )
  })

  function configuration(resolution: object, files: readonly string[]): string {
    const compilerOptions = { ...resolution, target: 'es2023', lib: ['es2023', 'esnext.disposable'], strict: true }
    return JSON.stringify({ compilerOptions: { ...compilerOptions, types: ['node'], noEmit: true }, files })
  }

  async function check(): Promise<string> {
    const printed = ({ stdout, stderr }: Ran) => stdout + stderr
    return installed.run('node', [TSC, '-p', 'tsconfig.json']).then(printed, printed)
  }
})

// The last of this file. As on a machine for which the optional package has no binary: npm leaves it out there.
describe('without zeromq', () => {
  beforeAll(() => rmSync(join(installed.folder, 'node_modules/zeromq'), { recursive: true, force: true }))

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
  ])('%s engines over %s work', async ([engineKind, transport]) => {
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
  ])('%s says what to install', async (call) => {
    const printed = await run(`await ${call}.catch(({ code, message }) => console.log(code, message))`)
    expect(printed).toMatch(/^YM_\w+ .*zeromq.*not installed.*npm install zeromq.*ws:/)
  })
})
