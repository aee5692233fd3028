/** Clusters by name: each has a connection file, and a process that is alive as long as the cluster is. */
import { link, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ConnectionFile,
  connectionDirectory,
  connectionFilePath,
  readConnectionFile,
  readNamedConnectionFile,
  writeConnectionFile,
} from '../cluster/connection-file.ts'
import { isAlive } from '../cluster/process-alive.ts'
import { ConfigurationError } from '../core/errors.ts'

export function logFilePath(name: string): string {
  return join(connectionDirectory(), `${name}.log`)
}

/** What a command says about the name, to be put behind `yardmaster COMMAND`. */
export function nameOption(name: string): string {
  return name === 'default' ? '' : ` --name ${name}`
}

/** The connection file of a cluster that is running; undefined where there is none, or only what a dead one left. */
async function findCluster(name: string): Promise<ConnectionFile | undefined> {
  try {
    const file = await readNamedConnectionFile(name)
    return isAlive(file.pid) ? file : undefined
  } catch (error) {
    if (error instanceof ConfigurationError && isMissing(error.cause)) return undefined
    throw error
  }
}

/** @throws ConfigurationError that names the clusters that do run */
export async function requireCluster(name: string): Promise<ConnectionFile> {
  const file = await findCluster(name)
  if (file) return file
  const running = await runningClusters()
  const others = running.length > 0 ? ` Running: ${running.join(', ')}.` : ''
  throw new ConfigurationError(
    `no cluster named '${name}' is running.${others} Start it: yardmaster start${nameOption(name)}`,
    { details: { name, running } },
  )
}

/** @throws ConfigurationError where the name is taken */
export async function requireFreeName(name: string): Promise<void> {
  const file = await findCluster(name)
  if (file) throw nameTaken(name, file.pid)
}

/**
 * Publishes a cluster under its name; of two that try at the same time, one succeeds. What a dead one left is replaced.
 * @throws ConfigurationError where the name is taken
 */
export async function publishCluster(content: ConnectionFile): Promise<string> {
  const path = connectionFilePath(content.cluster)
  const draft = `${path}.${content.pid}`
  await writeConnectionFile(draft, content)
  try {
    // Unlike a rename, this fails where a file is there.
    while (!(await linked(draft, path))) await removeDead(path, content)
    return path
  } finally {
    await rm(draft, { force: true })
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/**
 * Takes the file out of the way before it looks: whoever else saw the same dead cluster cannot remove its successor's.
 * @throws ConfigurationError where the cluster is alive; then the file is in its place again
 */
async function removeDead(path: string, { cluster, pid }: ConnectionFile): Promise<void> {
  await requireFreeName(cluster)
  const aside = `${path}.${pid}.old`
  try {
    await rename(path, aside)
  } catch (error) {
    // Someone else was faster.
    if (isMissing(error)) return
    throw error
  }
  const { pid: owner } = await readConnectionFile(aside)
  if (isAlive(owner)) await linked(aside, path)
  await rm(aside, { force: true })
}

/** Removes the connection file of a cluster that has ended, unless another has its name already. */
export async function removeRemains({ cluster, pid }: ConnectionFile): Promise<void> {
  const present = await readNamedConnectionFile(cluster).catch(() => undefined)
  if (present?.pid === pid) await rm(connectionFilePath(cluster), { force: true })
}

async function runningClusters(): Promise<string[]> {
  const names: string[] = []
  const files = await readdir(connectionDirectory()).catch(() => [])
  for (const file of files.filter((file) => file.endsWith('.json')).sort()) {
    const name = file.slice(0, -'.json'.length)
    if (await findCluster(name).catch(() => undefined)) names.push(name)
  }
  return names
}

function nameTaken(name: string, pid: number): ConfigurationError {
  return new ConfigurationError(
    `a cluster named '${name}' is running already (process ${pid}). Use it, stop it with \`yardmaster stop${nameOption(name)}\`, or choose another --name`,
    { details: { name, pid } },
  )
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}
