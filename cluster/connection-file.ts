/**
 * The connection file: where a controller listens and the key that its peers need. It lies in a directory that only its
 * owner can enter, and only its owner can read it; one that others can read is refused, since the key in it lets
 * anyone run code on the engines.
 */
import type { Stats } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { ConfigurationError } from '../core/errors.ts'
import { checkPrivateFolder, ensurePrivateFolder } from './private-folder.ts'

const schema = Type.Object({
  version: Type.Literal(1),
  cluster: Type.String({ minLength: 1 }),
  /** Where to connect; the first that works serves. */
  addresses: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** 32 bytes in base64url. */
  key: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  /** Of the process that hosts the controller. */
  pid: Type.Integer({ minimum: 1 }),
  /** Where its dashboard is, with the token that lets one in: less than the key allows. */
  dashboardUrl: Type.Optional(Type.String()),
  metricsUrl: Type.Optional(Type.String()),
})
/** What a connection file says: where a cluster is, and its key. */
export type ConnectionFile = Static<typeof schema>

const validator = Compile(schema)

/** `$YARDMASTER_DIR`, else `$XDG_RUNTIME_DIR/yardmaster`, else `~/.yardmaster`. */
export function connectionDirectory(): string {
  const { YARDMASTER_DIR, XDG_RUNTIME_DIR } = process.env
  if (YARDMASTER_DIR) return YARDMASTER_DIR
  return XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'yardmaster') : join(homedir(), '.yardmaster')
}

/** Where the connection file of the cluster with this name lies. */
export function connectionFilePath(cluster = 'default'): string {
  return join(connectionDirectory(), `${checkClusterName(cluster)}.json`)
}

/** @throws ConfigurationError where it is none; otherwise gives it back. */
export function checkClusterName(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name
  throw new ConfigurationError(
    `a cluster's name has only letters, digits, ".", "_" and "-"; this is ${JSON.stringify(name)}`,
  )
}

/**
 * Writes it so that no one else can read it at any moment, and no reader sees half of it.
 * @throws ConfigurationError where others can write to its folder
 */
export async function writeConnectionFile(path: string, content: ConnectionFile): Promise<void> {
  await ensurePrivateFolder(dirname(path))
  const partial = `${path}.${process.pid}.partial`
  // Left by a process that ended in the middle, and had the same number.
  await rm(partial, { force: true })
  const file = await open(partial, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
  } finally {
    await file.close()
  }
  await rename(partial, path)
}

/**
 * That of a cluster of this machine, by its name. Whoever could have put it there is trusted with what is sent to the cluster, and with what
 * its engines run: that must be this user, or root.
 * @throws ConfigurationError naming the file or folder, what is wrong with it, and what to do
 */
export function readNamedConnectionFile(cluster?: string): Promise<ConnectionFile> {
  return read(connectionFilePath(cluster), async (path, { uid }) => {
    await checkPrivateFolder(dirname(path))
    if (process.platform === 'win32' || uid === process.getuid?.() || uid === 0) return
    throw new ConfigurationError(`${path} belongs to another user (${uid}): to use it all the same, give its path`)
  })
}

/** @throws ConfigurationError naming the file, what is wrong with it, and what to do */
export function readConnectionFile(path: string): Promise<ConnectionFile> {
  return read(path, async () => {})
}

async function read(path: string, check: (path: string, stats: Stats) => Promise<void>): Promise<ConnectionFile> {
  let text: string
  try {
    // What is looked at is what is read, whatever stands at the path meanwhile.
    const file = await open(path, 'r')
    try {
      const stats = await file.stat()
      if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
        const octal = (stats.mode & 0o777).toString(8)
        throw new ConfigurationError(
          `${path} can be read by others (mode ${octal}), and so can the key in it, if it is a connection file: then stop that cluster, remove the file and start again`,
        )
      }
      await check(path, stats)
      text = await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new ConfigurationError(
      missing
        ? `there is no connection file ${path}: start a cluster with \`yardmaster start\`, or name its file or address`
        : `the connection file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, details: { path } },
    )
  }
  return parseConnectionFile(text, path)
}

/** @throws ConfigurationError where the text, from `path`, is no connection file */
export function parseConnectionFile(text: string, path: string): ConnectionFile {
  const content = parse(text)
  if (!validator.Check(content)) {
    throw new ConfigurationError(
      `${path} is not a connection file of this version: name another, or, if it is that of an older one, remove it and start the cluster again`,
      {
        details: { path },
      },
    )
  }
  return content
}

/** Removes it, if it is still that of this process. */
export async function removeConnectionFile(path: string): Promise<void> {
  try {
    const content = parse(await readFile(path, 'utf8'))
    if (validator.Check(content) && content.pid !== process.pid) return
    await rm(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
