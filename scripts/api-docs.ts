/**
 * Writes the reference of all that the package shows, from its docstrings: `npm run docs:api`. TypeDoc needs a TypeScript with an API in
 * JavaScript, which ours has not: both come from the npm registry when they are wanted, and read what `npm run build` has made.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, '.tmp/api')

const entryPoints = Object.values(manifest.exports)
  .flatMap((target) => (typeof target === 'string' ? [] : [target.types]))
  .map((path) => join(root, path))

/** Of its own: the compiler's options for the sources are for a later one. */
const configuration = join(root, '.tmp/tsconfig.api.json')
const compilerOptions = {
  ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', moduleResolution: 'nodenext' },
  ...{ types: ['node'], skipLibCheck: true, strict: true, noEmit: true },
}
writeFileSync(configuration, JSON.stringify({ compilerOptions, files: entryPoints }))

const { status } = spawnSync(
  'npx',
  [
    ...['--yes', '--package', 'typedoc@0.28', '--package', 'typescript@5.9', '--', 'typedoc'],
    ...['--tsconfig', configuration, '--out', out, '--name', 'Yardmaster', '--readme', join(root, 'README.md')],
    ...['--excludePrivate', '--excludeInternal', '--disableSources', '--validation.notExported', 'false'],
    ...entryPoints,
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
