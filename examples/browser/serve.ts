/** Starts a cluster that lets a page in, and serves the page: `npx tsx examples/browser/serve.ts`. Ctrl-C ends it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Cluster } from 'yardmaster'

/** What is served, and where it lies. What is published for browsers is one file each for pages and for their workers. */
const published = import.meta.resolve('yardmaster/browser')
const files: Record<string, URL> = {
  '/example/': new URL('./index.html', import.meta.url),
  '/example/page.js': new URL('./page.js', import.meta.url),
  '/dist/browser.js': new URL(published),
  '/dist/browser-executor.js': new URL('./browser-executor.js', published),
}

const server = createServer(({ url = '' }, response) => {
  const file = files[url]
  if (!file) return void response.writeHead(404).end()
  const type = file.pathname.endsWith('.html') ? 'text/html' : 'text/javascript'
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(readFileSync(file))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

// Pages of other origins are turned away.
await using cluster = await Cluster.start({
  engines: 2,
  transport: 'websocket',
  transportOptions: { origins: [origin] },
})
const [address = ''] = cluster.addresses
const key = Buffer.from(cluster.key).toString('base64url')
process.stdout.write(`${origin}/example/#${new URLSearchParams({ address, key })}\n`)

await once(process, 'SIGINT')
server.closeAllConnections()
server.close()
