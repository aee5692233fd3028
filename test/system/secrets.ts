/** The secrets of a cluster, in every way in which they may come to be written, and a search for them. */
import { hkdfSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { z85 } from './z85.ts'

/** Random, so that nothing else looks like it, and the same each time. */
export const key = new Uint8Array(hkdfSync('sha256', 'a marker', '', 'secrets.test', 32))
export const keyText = Buffer.from(key).toString('base64url')

/** What PROTOCOL.md derives from it. */
const derived = (label: string) => Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), label, 32))

const secrets: Readonly<Record<string, Buffer>> = {
  'the key': Buffer.from(key),
  'the pre-shared key of wss': derived('yardmaster wss'),
  'the secret key of tcps': derived('yardmaster tcps'),
}

interface Form {
  readonly name: string
  readonly bytes: Buffer
}

/** Of each only the first half: what shows that much is no better than what shows all. Texts are without white space. */
function formsOf(name: string, secret: Buffer): { readonly raw: Form[]; readonly text: Form[] } {
  const half = [...secret.subarray(0, 16)]
  const latin1 = secret.toString('latin1', 0, 16)
  const utf8 = (how: string, text: string) => ({ name: `${name}, as ${how}`, bytes: Buffer.from(text) })
  const form = (how: string, text: string) => ({ name: `${name}, ${how}`, bytes: Buffer.from(text, 'latin1') })
  return {
    raw: [
      { name: `${name}, as it is`, bytes: secret.subarray(0, 16) },
      utf8('Latin-1', latin1),
      utf8('Latin-1 in JSON', JSON.stringify(latin1).slice(1, -1)),
      utf8('Latin-1 that is inspected', inspect(latin1).slice(1, -1)),
    ],
    text: [
      form('in hexadecimal', secret.subarray(0, 16).toString('hex')),
      form('in base64', secret.toString('base64').slice(0, 20)),
      form('in base64url', secret.toString('base64url').slice(0, 20)),
      form('in Z85', z85(secret).slice(0, 20)),
      form('as a list', half.join(',')),
      form('as an object', half.map((byte, i) => `${i}:${byte}`).join(',')),
    ],
  }
}

const forms = Object.entries(secrets).map(([name, secret]) => formsOf(name, secret))

/** The names of the forms in which a secret lies in this. */
export function secretsIn(what: Uint8Array | string): string[] {
  const bytes = typeof what === 'string' ? Buffer.from(what) : Buffer.from(what.buffer, what.byteOffset, what.length)
  // Quotes around what could be keys are taken away too: `{"0":7}` and `{ '0': 7 }` are one form.
  const text = Buffer.from(bytes.toString('latin1').replace(/[\s"']/g, ''), 'latin1')
  const lower = Buffer.from(text.toString('latin1').toLowerCase(), 'latin1')
  return forms
    .flatMap(({ raw, text: texts }) => [
      ...raw.filter((form) => bytes.includes(form.bytes)),
      ...texts.filter((form) => (form.name.endsWith('hexadecimal') ? lower : text).includes(form.bytes)),
    ])
    .map(({ name }) => name)
}

/** What a program shows of a value that it logs, or sends on as JSON. */
export function shown(value: unknown): string {
  const seen = new WeakSet<object>()
  const json = JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'bigint') return String(part)
    if (typeof part !== 'object' || part === null) return part
    if (seen.has(part)) return undefined
    seen.add(part)
    return part
  })
  return [inspect(value), inspect(value, { depth: 5, showHidden: true, maxArrayLength: 1_000 }), json].join('\n')
}

/** The paths by which a secret can be reached from a value, through properties, entries and causes, and without calling anything. */
export function pathsToSecrets(value: unknown): string[] {
  const seen = new Set<object>()
  const found: string[] = []
  const left: { readonly value: unknown; readonly path: string }[] = [{ value, path: '' }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value: at, path } = next
    if (typeof at === 'string') {
      if (secretsIn(at).length > 0) found.push(path)
      continue
    }
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null || seen.has(at)) continue
    seen.add(at)
    if (ArrayBuffer.isView(at)) {
      if (secretsIn(new Uint8Array(at.buffer, at.byteOffset, at.byteLength)).length > 0) found.push(path)
      continue
    }
    if (at instanceof Map)
      for (const [name, entry] of at) left.push({ value: name, path }, { value: entry, path: `${path}.<entry>` })
    if (at instanceof Set) for (const entry of at) left.push({ value: entry, path: `${path}.<entry>` })
    for (const name of Reflect.ownKeys(at)) {
      const { value: part } = Object.getOwnPropertyDescriptor(at, name) ?? {}
      left.push({ value: part, path: `${path}.${String(name)}` })
    }
  }
  return found
}

/** An error with all that a report of it may hold. */
export function told(error: unknown): string {
  const texts = [shown(error)]
  for (let one = error; one instanceof Error; one = one.cause) {
    texts.push(one.message, one.stack ?? '', JSON.stringify(one), JSON.stringify(Object.getOwnPropertyDescriptors(one)))
  }
  return texts.join('\n')
}

/** What others may see of a process: all users its command line, this user and root its environment, as it began. */
export function processFile(pid: number, name: 'cmdline' | 'environ'): Buffer {
  try {
    return readFileSync(`/proc/${pid}/${name}`)
  } catch {
    // It has ended.
    return Buffer.alloc(0)
  }
}

export interface FoundFile {
  readonly path: string
  readonly mode: string
  readonly secrets: readonly string[]
}

/** Every file and folder below this one. */
export function filesBelow(folder: string): FoundFile[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    try {
      const mode = (statSync(path).mode & 0o777).toString(8)
      return [{ path, mode, secrets: entry.isFile() ? secretsIn(readFileSync(path)) : [] }]
    } catch {
      // It has gone meanwhile.
      return []
    }
  })
}
