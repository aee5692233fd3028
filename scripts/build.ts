/**
 * Builds `dist/`: compiles beside it, then brings `dist/` to that state file by file, so that programs which run from
 * `dist/` meanwhile (another test run, a demo) never find it empty. Type errors do not stop the files from being
 * written, but `npm run build` and `npm run check` fail on them.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildDashboard, dashboardFolder } from './build-dashboard.ts'
import { browserEntries, bundleBrowser } from './bundle-browser.ts'
import { bundleTypebox } from './bundle-typebox.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')
/** At the depth of `dist/`, so that the paths in source maps stay right. */
const STAGING = join(ROOT, '.dist-next')
const TEMPORARY = join(ROOT, '.tmp')
const LOCK = join(TEMPORARY, 'build.lock')
const STAMP = join(TEMPORARY, 'build.stamp')
const EXECUTABLES = ['cli/main.js']
/** Files that tsc does not compile and that the package needs as they are. */
const ASSET = /\.(mjs|cjs|json|py)$/

interface CompilerConfig {
  readonly include: readonly string[]
}

/** Compiles even when `dist/` looks current. Resolves to whether the types were right; errors go to stderr. */
export async function build(): Promise<boolean> {
  return locked(compile)
}

/** Builds if any source, or the configuration, is not what `dist/` was built from. */
export async function buildIfStale(): Promise<boolean> {
  if (isFresh()) return true
  // Whoever held the lock may just have built the same sources.
  return locked(() => isFresh() || compile())
}

async function compile(): Promise<boolean> {
  const stamp = fingerprint()
  rmSync(STAGING, { recursive: true, force: true })
  mkdirSync(STAGING)
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', STAGING], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    if (compiled.error) throw compiled.error
    process.stderr.write(compiled.stdout + compiled.stderr)
    bundleTypebox(ROOT, STAGING, filesIn(STAGING))
    await bundleBrowser(ROOT, STAGING)
    // Of a bundle the compiler's map tells nothing, and twins are of no use outside of it.
    for (const name of browserEntries) rmSync(join(STAGING, `${name}.js.map`))
    for (const file of filesIn(STAGING).filter((file) => /\.browser\.(js|js\.map|d\.ts)$/.test(file)))
      rmSync(join(STAGING, file))
    buildDashboard(ROOT, STAGING)
    for (const file of sourceFiles().filter((file) => ASSET.test(file))) {
      mkdirSync(dirname(join(STAGING, file)), { recursive: true })
      copyFileSync(join(ROOT, file), join(STAGING, file))
    }
    synchronize(STAGING, DIST)
    for (const file of EXECUTABLES) if (existsSync(join(DIST, file))) chmodSync(join(DIST, file), 0o755)
    writeFileSync(STAMP, stamp)
    return compiled.status === 0
  } finally {
    rmSync(STAGING, { recursive: true, force: true })
  }
}

/** Makes `to` hold exactly the files of `from`, replacing each changed file in one step and touching no other. */
function synchronize(from: string, to: string): void {
  const wanted = new Set(filesIn(from))
  for (const file of wanted) {
    const target = join(to, file)
    if (existsSync(target) && readFileSync(target).equals(readFileSync(join(from, file)))) continue
    mkdirSync(dirname(target), { recursive: true })
    renameSync(join(from, file), target)
  }
  for (const file of filesIn(to)) if (!wanted.has(file)) rmSync(join(to, file))
}

function isFresh(): boolean {
  return existsSync(join(DIST, 'index.js')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint()
}

/** Names, sizes and times rather than contents: a check before every test run must cost next to nothing. */
function fingerprint(): string {
  const hash = createHash('sha256')
  const page = filesIn(join(ROOT, dashboardFolder)).map((file) => join(dashboardFolder, file))
  for (const file of [...sourceFiles(), ...page.sort(), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    const { size, mtimeMs } = statSync(join(ROOT, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function sourceFiles(): string[] {
  const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')) as CompilerConfig
  return include
    .filter((entry) => existsSync(join(ROOT, entry)))
    .flatMap((entry) => (entry.endsWith('.ts') ? [entry] : filesIn(join(ROOT, entry)).map((file) => join(entry, file))))
    .sort()
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

/** One build at a time in this working tree; a lock whose owner has died is taken over. */
async function locked<T>(work: () => T | Promise<T>): Promise<T> {
  mkdirSync(TEMPORARY, { recursive: true })
  while (!takeLock()) await sleep(50)
  try {
    return await work()
  } finally {
    rmSync(LOCK, { force: true })
  }
}

function takeLock(): boolean {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!ownerIsAlive()) rmSync(LOCK, { force: true })
    return false
  }
}

function ownerIsAlive(): boolean {
  try {
    const owner = Number(readFileSync(LOCK, 'utf8'))
    // The owner's number may not be written yet: an empty file is a lock that was taken this instant.
    if (owner > 0) process.kill(owner, 0)
    return true
  } catch (error) {
    // Gone since, so released: not ours to remove.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await build()) ? 0 : 1
