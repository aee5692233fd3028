/**
 * What launchers have on other machines that does not end with the program: noted beside the connection files while it is there, so that it can be
 * ended after a program that was killed.
 */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { connectionDirectory } from '../connection-file.ts'
import { ensurePrivateFolder } from '../private-folder.ts'
import { isAlive } from '../process-alive.ts'

const schema = Type.Object({
  version: Type.Literal(1),
  cluster: Type.String(),
  launcher: Type.String(),
  /** Of the program. */
  host: Type.String(),
  pid: Type.Integer({ minimum: 1 }),
  /** What the launcher needs to find it. No secrets. */
  what: Type.Record(Type.String(), Type.String()),
})
type Note = Static<typeof schema>

const validator = Compile(schema)

/** Of a program that has died. */
export interface Remains extends Note {
  /** The note itself. */
  readonly file: string
}

const folder = () => join(connectionDirectory(), 'launched')

/** Answers with what takes the note away again, which never rejects. */
export async function noteRemains(note: Pick<Note, 'cluster' | 'launcher' | 'what'>): Promise<() => Promise<void>> {
  await ensurePrivateFolder(folder())
  const file = join(folder(), `${randomUUID()}.json`)
  const full: Note = { version: 1, host: hostname(), pid: process.pid, ...note }
  await writeFile(file, JSON.stringify(full), { flag: 'wx', mode: 0o600 })
  return () => rm(file, { force: true }).catch(() => {})
}

/** What is left of clusters of this name whose programs, on this machine, have died. */
export async function findRemains(cluster: string): Promise<Remains[]> {
  const names = await readdir(folder()).catch(() => [])
  const notes = await Promise.all(names.map((name) => readNote(join(folder(), name))))
  const here = hostname()
  return notes.flatMap((note) => (note?.cluster === cluster && note.host === here && !isAlive(note.pid) ? [note] : []))
}

async function readNote(file: string): Promise<Remains | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(file, 'utf8'))
    return validator.Check(note) ? { ...note, file } : undefined
  } catch {
    // Gone meanwhile, or half written by a program that died.
    return undefined
  }
}
