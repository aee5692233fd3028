import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** A specifier that Vite rewrote (`/src/work.ts`, `/@fs/home/…`), as Node takes it. `root` is where Vite's paths begin. */
export function fromViteId(id: string, root: string): string {
  const bare = id.replace(/[?#].*$/, '')
  if (bare.startsWith('/@fs/')) return pathToFileURL(bare.slice('/@fs'.length)).href
  if (bare.startsWith('/@id/')) return bare.slice('/@id/'.length)
  if (!bare.startsWith('/')) return bare
  const inRoot = path.join(root, bare)
  return pathToFileURL(existsSync(inRoot) ? inRoot : bare).href
}
