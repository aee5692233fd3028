import { readFileSync } from 'node:fs'

export function version(): string {
  // From `dist/cli/`, where this runs.
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}
