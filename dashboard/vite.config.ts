import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

/** Puts script and style into the page: it is one file, which opens from a disk too. */
const oneFile: Plugin = {
  name: 'one-file',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const page = bundle['index.html']
    if (page?.type !== 'asset') return
    let html = String(page.source)
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type === 'chunk') {
        const code = file.code.trim().replaceAll('</script', '<\\/script')
        html = html.replace(/<script type="module"[^>]*><\/script>/, '')
        html = html.replace('</body>', () => `<script type="module">${code}</script>\n  </body>`)
      } else if (name.endsWith('.css')) {
        html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(file.source).trim()}</style>`)
      } else continue
      delete bundle[name]
    }
    page.source = html
    page.fileName = 'page.html'
  },
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: { target: 'es2022', modulePreload: false, cssCodeSplit: false, reportCompressedSize: false },
  plugins: [oneFile],
})
