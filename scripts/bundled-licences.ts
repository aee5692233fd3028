import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The licences of the packages that these files are from, each under its name. */
export function licencesOf(root: string, files: readonly string[]): string {
  const packages = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []))
  // It is bundled before, and its name is not in the path any more.
  packages.add('typebox')
  const texts = [...packages].sort().map((name) => {
    const folder = join(root, 'node_modules', name)
    const file = existsSync(folder) ? readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry)) : undefined
    if (file === undefined) throw new Error(`${name} is bundled, and has no licence that could go with it`)
    return `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return texts.join('\n\n')
}
