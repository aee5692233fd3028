/** Serves the pages of tests on loopback: what is published for browsers, the programs of these tests, and the example. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript' }
const folders: Record<string, URL> = {
  dist: new URL('../../dist/', import.meta.url),
  programs: new URL('./programs/', import.meta.url),
  example: new URL('../../examples/browser/', import.meta.url),
}

export interface PageServer extends AsyncDisposable {
  readonly origin: string
}

export async function startPageServer(): Promise<PageServer> {
  const server = createServer(({ url = '/' }, response) => {
    const [, folder = '', name = ''] = /^\/(\w+)\/([\w-]+\.\w+)$/.exec(url) ?? []
    try {
      const base = folders[folder]
      const text =
        url === '/' ? '<!doctype html><title>test</title>' : base && readFileSync(fileURLToPath(new URL(name, base)))
      const type = url === '/' ? 'text/html' : types[name.replace(/^.*\./, '')]
      if (text === undefined || type === undefined) throw new Error('there is no such page')
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text)
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
