import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A frame's place: `file:///…/work.js:12:34`, or a path. */
const place = /(file:\/\/\/[^\s()]+|\/[^\s():]+|[A-Za-z]:\\[^\s():]+):(\d+):(\d+)(?=\)?$)/
/** What an engine does around a task. */
const engineFrame =
  /\/dist\/cluster\/(executors\/[\w-]+|task-context)\.js:\d+:\d+\)?$|\(node:internal\/|at node:internal\//

/**
 * The frames of a stack, in the lines of the sources that they were compiled from, as far as their source maps are on this machine; without
 * the engine's own. The message before them is left out.
 */
export function sourceFrames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !engineFrame.test(line))
    .map((line) =>
      line.replace(
        place,
        (found, file: string, row: string, column: string) => mapped(file, Number(row), Number(column)) ?? found,
      ),
    )
}

function mapped(file: string, row: number, column: number): string | undefined {
  // The spelling of what was mapped where the function was shipped.
  if (file.includes('/./')) return `${file.replace('/./', '/')}:${row}:${column}`
  const url = file.startsWith('file:') ? file : pathToFileURL(file).href
  const entry = sourceMapOf(url)?.findEntry(row - 1, column - 1)
  if (!entry || !('originalLine' in entry)) return undefined
  return `${new URL(entry.originalSource, url).href}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
}

const sourceMapsMax = 256
const sourceMaps = new Map<string, SourceMap | undefined>()

function sourceMapOf(url: string): SourceMap | undefined {
  if (sourceMaps.has(url)) return sourceMaps.get(url)
  if (sourceMaps.size >= sourceMapsMax) sourceMaps.clear()
  const found = readSourceMap(url)
  sourceMaps.set(url, found)
  return found
}

/** Undefined where there is none, or none that can be read: the frame stays as it is. */
function readSourceMap(url: string): SourceMap | undefined {
  try {
    const source = readFileSync(fileURLToPath(url), 'utf8')
    const reference = source
      .slice(source.lastIndexOf('\n//# sourceMappingURL='))
      .match(/^\n\/\/# sourceMappingURL=(\S+)\s*$/)?.[1]
    if (reference === undefined) return undefined
    const text = reference.startsWith('data:')
      ? Buffer.from(
          reference.slice(reference.indexOf(',') + 1),
          reference.includes(';base64,') ? 'base64' : 'utf8',
        ).toString()
      : readFileSync(new URL(reference, url), 'utf8')
    const payload = JSON.parse(text) as SourceMapPayload
    // Sources are named from the map, and through `sourceRoot`; here from the file.
    const base = reference.startsWith('data:') ? url : new URL(reference, url).href
    const root = payload.sourceRoot ? new URL(payload.sourceRoot.replace(/\/?$/, '/'), base).href : base
    return new SourceMap({ ...payload, sources: payload.sources.map((name) => new URL(name, root).href) })
  } catch {
    return undefined
  }
}
