/**
 * A web server's log, read once, line by line, and counted on the engines: however long it is, little of it is in memory. Then the
 * first slow requests are looked for by a task that streams what it finds, and that ends when enough was found.
 * Run: `npx tsx examples/log-analysis.ts [lines] [--transport zeromq|websocket]`, after `npm run build`.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'yardmaster'
import { onACluster } from './on-a-cluster.ts'

export interface Summary {
  readonly lines: number
  readonly bytes: number
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>
  readonly slowestMs: number
}

const nothing: Summary = { lines: 0, bytes: 0, statuses: {}, slowestMs: 0 }

function summarize(lines: readonly string[]): Summary {
  const statuses: Record<string, number> = {}
  let [bytes, slowestMs] = [0, 0]
  for (const line of lines) {
    const [, status = '?', size = '0', ms = '0'] = /" (\d{3}) (\d+) (\d+)ms$/.exec(line) ?? []
    statuses[status] = (statuses[status] ?? 0) + 1
    bytes += Number(size)
    slowestMs = Math.max(slowestMs, Number(ms))
  }
  return { lines: lines.length, bytes, statuses, slowestMs }
}

function merged(a: Summary, b: Summary): Summary {
  const statuses = { ...a.statuses }
  for (const [status, count] of Object.entries(b.statuses)) statuses[status] = (statuses[status] ?? 0) + count
  return {
    lines: a.lines + b.lines,
    bytes: a.bytes + b.bytes,
    statuses,
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
  }
}

const linesOf = (file: string) =>
  createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })

async function* batchesOf(file: string, size: number): AsyncGenerator<string[]> {
  let batch: string[] = []
  for await (const line of linesOf(file)) {
    batch.push(line)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

export async function analyzed(client: Client, file: string, onProgress?: (lines: number) => void): Promise<Summary> {
  let summary = nothing
  for await (const part of client.loadBalancedView().imap(summarize, batchesOf(file, 1_000), { ordered: false })) {
    summary = merged(summary, part)
    onProgress?.(summary.lines)
  }
  return summary
}

export async function analyzedSerially(file: string): Promise<Summary> {
  let summary = nothing
  for await (const batch of batchesOf(file, 1_000)) summary = merged(summary, summarize(batch))
  return summary
}

/** Lines of requests that took at least `ms`, as an engine finds them in the file, which it can read. */
async function* slowLines(file: string, ms: number): AsyncGenerator<string> {
  for await (const line of linesOf(file)) if (Number(/ (\d+)ms$/.exec(line)?.[1]) >= ms) yield line
}

export async function firstSlow(client: Client, file: string, ms: number, count: number): Promise<string[]> {
  const found: string[] = []
  for await (const line of client.loadBalancedView().apply(slowLines, file, ms)) {
    found.push(line)
    if (found.length === count) break
  }
  return found
}

/** Lines that look random, the same at each call. */
export async function writeLog(file: string, lines: number): Promise<void> {
  const line = (i: number) => {
    const mixed = Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 0
    const status = mixed % 97 === 0 ? 500 : mixed % 13 === 0 ? 404 : 200
    return `10.0.${mixed % 256}.${mixed % 199} "GET /pages/${mixed % 1_000}" ${status} ${mixed % 50_000} ${mixed % 800}ms\n`
  }
  const text = function* () {
    for (let i = 0; i < lines; i += 1) yield line(i)
  }
  await pipeline(Readable.from(text()), createWriteStream(file))
}

if (process.argv[1] === import.meta.filename) {
  await onACluster(async (client, [lines = '300000']) => {
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-log-'))
    try {
      const file = join(folder, 'access.log')
      await writeLog(file, Number(lines))
      console.log(await analyzed(client, file))
      console.log('the first slow ones:', await firstSlow(client, file, 795, 3))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}
