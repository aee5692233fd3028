import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What `import.meta` is in the module at `url`. */
export function importMeta(url: string): ImportMeta {
  const file = url.startsWith('file:') ? fileURLToPath(url) : undefined
  const resolve = (specifier: string): string =>
    /^\.{0,2}\//.test(specifier)
      ? new URL(specifier, url).href
      : pathToFileURL(createRequire(url).resolve(specifier)).href
  const meta = file === undefined ? { url } : { url, filename: file, dirname: path.dirname(file), resolve }
  return Object.assign(Object.create(null), meta)
}
