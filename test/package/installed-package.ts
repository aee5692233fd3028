import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

export interface Ran {
  readonly stdout: string
  readonly stderr: string
}

/**
 * A stranger's project in an empty folder, with the package installed from what `npm pack` would publish. Clusters that
 * it starts by name are its own.
 */
export interface InstalledPackage {
  readonly folder: string
  /** Paths in the package, as published. */
  readonly files: readonly string[]
  write(path: string, text: string): void
  /** Runs to the end. Rejects with what was printed when the exit code is not 0. */
  run(command: string, args: readonly string[], options?: { input?: string }): Promise<Ran>
  /** Lets the project find one of our own development packages, as if it had installed it. */
  borrow(name: string): void
  remove(): void
}

export async function installPackage(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-package-'))
  const env = { ...foreignEnvironment(), YARDMASTER_DIR: join(folder, 'clusters') }
  // dist was built by the tests' own set-up; building again here could change it beneath other tests.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const installing = { env, timeout: 110_000, killSignal: 'SIGKILL' } as const
  const [packed] = JSON.parse(execFileSync('npm', pack, { ...installing, cwd: ROOT, encoding: 'utf8' }))
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }')
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed.filename)], {
    ...installing,
    cwd: folder,
  })
  return {
    folder,
    files: packed.files.map((file: { path: string }) => file.path),
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    async run(command, args, { input = '' } = {}) {
      const running = run(command, [...args], { cwd: folder, env, timeout: 55_000, killSignal: 'SIGKILL' })
      running.child.stdin?.end(input)
      return running
    },
    borrow(name) {
      const link = join(folder, 'node_modules', name)
      if (existsSync(link)) return
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), link, 'dir')
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The compiler of this repository, for projects elsewhere. */
export const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** Without what `npm test` and vitest tell their children, which would lead npm back to this repository. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_((local_)?prefix|package|call)|INIT_CWD|VITEST|NODE_ENV|NODE_OPTIONS|TEST$|DEV$|PROD$|MODE$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}
