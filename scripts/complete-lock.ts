/**
 * Names in the lock file the platform binaries of every platform, also those that the registry at hand did not serve when
 * the lock was written: npm then leaves them out, and `npm ci` refuses a lock without them, even where none is needed.
 * Added entries have no checksum. Run `npx tsx scripts/complete-lock.ts` when `test/house/lock-file.test.ts` fails.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly peer?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly license?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface LockFile {
  packages: Record<string, LockEntry>
}

interface Missing {
  readonly name: string
  readonly version: string
  readonly wantedBy: string
}

const LOCK_FILE = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

export function readLockFile(): LockFile {
  return JSON.parse(readFileSync(LOCK_FILE, 'utf8'))
}

/** The optional dependencies of locked packages that are not locked themselves. */
export function missingOptionals({ packages }: LockFile): Missing[] {
  return Object.entries(packages).flatMap(([wantedBy, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !(`node_modules/${name}` in packages) && !(`${wantedBy}/node_modules/${name}` in packages))
      .map(([name, version]) => ({ name, version, wantedBy })),
  )
}

function complete(lock: LockFile): void {
  for (const { name, version, wantedBy } of missingOptionals(lock)) {
    const words = name.split('/').at(-1)?.split('-') ?? []
    const os = words.find((word) => SYSTEMS.includes(word))
    const cpu = words.find((word) => PROCESSORS.includes(word))
    if (!os || !cpu || !/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error(
        `${name}@${version}, wanted by ${wantedBy}, is no platform's binary: install it while it can be had`,
      )
    }
    const scope = `node_modules/${name.split('/')[0]}/`
    const sibling = Object.entries(lock.packages).find(([path, entry]) => path.startsWith(scope) && entry.os)?.[1]
    const libc =
      os === 'linux' && sibling?.libc ? [words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc'] : []
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(lock.packages[wantedBy]?.dev ? { dev: true } : {}),
      ...(libc.length > 0 ? { libc } : {}),
      ...(sibling?.license ? { license: sibling.license } : {}),
      optional: true,
      os: [os],
    }
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, 'en')),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = readLockFile()
  complete(lock)
  writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`)
}
