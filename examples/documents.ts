/**
 * What stands in Markdown files: each is read and parsed on an engine, by a package from the registry.
 * Run: `npx tsx examples/documents.ts [files] [--transport zeromq|websocket]`, after `npm run build`.
 */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { lexer, walkTokens } from 'marked'
import type { Client } from 'yardmaster'
import { onACluster } from './on-a-cluster.ts'

export interface Outline {
  readonly file: string
  readonly title: string
  readonly headings: number
  readonly links: number
  readonly codeBlocks: number
}

export async function outline(path: string): Promise<Outline> {
  let [title, headings, links, codeBlocks] = ['', 0, 0, 0]
  void walkTokens(lexer(await readFile(path, 'utf8')), (token) => {
    if (token.type === 'heading') {
      headings += 1
      title ||= token.text
    } else if (token.type === 'link') links += 1
    else if (token.type === 'code') codeBlocks += 1
  })
  return { file: basename(path), title, headings, links, codeBlocks }
}

/** In the order of the files. */
export async function outlines(client: Client, files: readonly string[]): Promise<Outline[]> {
  return client.loadBalancedView().with({ chunk: 1 }).map(outline, files)
}

/** This project's own pages. */
export async function pages(): Promise<string[]> {
  const root = join(import.meta.dirname, '..')
  const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).sort()
  return [join(root, 'README.md'), ...docs.map((name) => join(root, 'docs', name))]
}

if (process.argv[1] === import.meta.filename) {
  await onACluster(async (client, files) => {
    console.table(await outlines(client, files.length > 0 ? files : await pages()))
  })
}
