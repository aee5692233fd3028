/**
 * TypeBox comes as six hundred modules. Loading them took two thirds of an engine thread's start (220 of 330 ms); as one
 * bundle they take 20 ms. So the compiled package carries that bundle; sources and types name the package itself.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { buildSync } from 'esbuild'

const specifiers = { typebox: 'typebox', 'typebox/compile': 'compile' }
const folder = 'vendor/typebox'

/** Bundles TypeBox into `compiled`, and makes the compiled `files` (relative paths) import that. */
export function bundleTypebox(root: string, compiled: string, files: readonly string[]): void {
  buildSync({
    absWorkingDir: root,
    entryPoints: Object.entries(specifiers).map(([from, out]) => ({ in: from, out })),
    outdir: join(compiled, folder),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
  })
  copyFileSync(join(root, 'node_modules/typebox/license'), join(compiled, folder, 'license'))
  for (const file of files.filter((file) => file.endsWith('.js'))) {
    const before = readFileSync(join(compiled, file), 'utf8')
    const after = before.replaceAll(/(?<=from ')typebox(?:\/compile)?(?=')/g, (specifier) => {
      const bundle = `${folder}/${specifiers[specifier as keyof typeof specifiers]}.js`
      return relative(dirname(file), bundle).replace(/^(?!\.)/, './')
    })
    if (after !== before) writeFileSync(join(compiled, file), after)
  }
}
