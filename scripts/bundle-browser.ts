/**
 * What browsers load: one module each for a page and for its worker. Where a file has a twin for browsers beside it (`x.browser.ts`), that
 * takes its place; nothing of Node may be left.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { licencesOf } from './bundled-licences.ts'

/** By the name of their files in `dist/`. */
export const browserEntries = ['browser', 'browser-executor'] as const

const twins: Plugin = {
  name: 'twins for browsers',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, resolveDir }) => {
      const twin = join(resolveDir, path.replace(/\.js$/, '.browser.js'))
      return existsSync(twin) ? { path: twin } : undefined
    })
    onResolve({ filter: /^node:/ }, ({ path, importer }) => ({
      errors: [
        {
          text: `${importer} needs ${path}, which no browser has: move that to a file of its own, with a twin (x.browser.ts)`,
        },
      ],
    }))
  },
}

/** Replaces, in the folder of compiled files, what the compiler made of the entries. */
export async function bundleBrowser(root: string, compiled: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: browserEntries.map((name) => ({ in: join(compiled, `${name}.js`), out: name })),
    outdir: compiled,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    // Errors are known by the names of their classes.
    keepNames: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    inject: [join(root, 'scripts/set-immediate.browser.ts')],
    plugins: [twins],
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  })
  writeFileSync(join(compiled, 'browser-licences.txt'), licencesOf(root, Object.keys(metafile.inputs)))
}
