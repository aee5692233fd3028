import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { contentHash } from './content-hash.ts'

/** The URL of an absolute path; undefined for what is none. */
export function urlOfPath(text: string): string | undefined {
  return path.isAbsolute(text) ? pathToFileURL(text).href : undefined
}

/** SHA-256 of a module's file in base64url; null where it cannot be read. */
export function fileHash(url: string): string | null {
  if (!url.startsWith('file:')) return null
  try {
    return contentHash([readFileSync(fileURLToPath(url))])
  } catch {
    return null
  }
}
