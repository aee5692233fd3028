import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigurationError } from '../../core/errors.ts'
import type { Run } from './feed/run.ts'

export interface Page {
  readonly html: Buffer
  /** The policy under which nothing runs in it but what it was built with, and it speaks to nobody but `host`. */
  policy(host: string): string
}

/** Where the build puts it: beside this in what is published, and for tests that run from the sources. */
const places = ['../../dashboard/page.html', '../../dist/dashboard/page.html']

/**
 * A page that shows this run, and needs no controller.
 * @throws ConfigurationError where it was not built
 */
export function pageOf(run: Run): string {
  const html = readPage().html.toString('utf8')
  // Nothing in it may end the element.
  const json = JSON.stringify(run).replaceAll('<', '\\u003c')
  return html.replace('<div id="app">', () => `<script type="application/json" id="run">${json}</script><div id="app">`)
}

/**
 * The page is one file, with its script and its style in it.
 * @throws ConfigurationError where it was not built
 */
export function readPage(): Page {
  const path = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((one) => existsSync(one))
  if (path === undefined) {
    throw new ConfigurationError(
      'dashboard: its page is missing from this installation; in a working tree, npm run build',
    )
  }
  const html = readFileSync(path)
  const text = html.toString('utf8')
  const [scripts, styles] = [hashesOf(text, 'script'), hashesOf(text, 'style')]
  const fixed = `default-src 'none'; script-src ${scripts}; style-src ${styles}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return { html, policy: (host) => `${fixed}; connect-src 'self' ws://${host} wss://${host}` }
}

function hashesOf(html: string, element: 'script' | 'style'): string {
  const contents = [...html.matchAll(new RegExp(`<${element}\\b[^>]*>([\\s\\S]*?)</${element}>`, 'g'))]
  return contents
    .map(([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`)
    .join(' ')
}
