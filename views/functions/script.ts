import { existsSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { type Program, parse } from 'acorn'
import { vitePaths, viteSpecifier } from '../../core/vite-paths.ts'
import { type Origin, originOf, rememberImports } from './binding-origin.ts'
import { type RawScript, readScript, type ScriptPosition } from './inspector.ts'
import type { Scope, Variable } from './scope.ts'
import { analyze } from './scopes.ts'
import { hasUseStrict } from './syntax.ts'

export interface SourceLocation {
  readonly url: string
  readonly line: number
  readonly column: number
}

/** Where one function literal stands in its script. */
export interface Literal {
  readonly script: Script
  /** Offset of its first character in the script. */
  readonly start: number
  readonly scope: Scope
}

/** A script that V8 compiled, and what its text tells of the bindings around a function. */
export class Script {
  /** A `file:` or `node:` URL where the script has one. */
  readonly url: string
  readonly isStrict: boolean
  readonly #raw: RawScript
  readonly #lineStarts: number[] = [0]
  readonly #scopeAround: ReturnType<typeof analyze>['scopeAround']
  readonly #sourceMap: SourceMap | undefined
  readonly #literals = new Map<string, Literal | undefined>()
  readonly #origins = new Map<Variable, Origin | undefined>()

  constructor(raw: RawScript) {
    this.#raw = raw
    this.url = asUrl(raw.url)
    for (let at = raw.source.indexOf('\n'); at >= 0; at = raw.source.indexOf('\n', at + 1))
      this.#lineStarts.push(at + 1)
    const program = parseScript(raw)
    this.isStrict = raw.isModule || isViteModule(raw) || (program !== undefined && hasUseStrict(program.body))
    this.#scopeAround = program ? analyze(program, this.isStrict).scopeAround : new Map()
    if (program) rememberImports(program.body)
    this.#sourceMap = inlineSourceMap(raw.sourceMapUrl)
  }

  /** The literal with this text at V8's position, which lies at its parameters rather than its start. */
  literalAt(position: ScriptPosition, text: string): Literal | undefined {
    const key = `${position.line}:${position.column}`
    if (this.#literals.has(key)) return this.#literals.get(key)
    const literal = this.#findLiteral(this.#offsetOf(position), text)
    this.#literals.set(key, literal)
    return literal
  }

  #findLiteral(offset: number, text: string): Literal | undefined {
    const { source } = this.#raw
    let found: Literal | undefined
    for (const [node, scope] of this.#scopeAround) {
      if (node.start > offset || offset > node.end) continue
      // A method's text begins before its function's node, with its key.
      const start = node.end - text.length
      if (start > node.start || !source.startsWith(text, start)) continue
      if (!found || node.start >= found.start) found = { script: this, start, scope }
    }
    return found
  }

  #offsetOf({ line, column }: ScriptPosition): number {
    const { startLine, startColumn } = this.#raw
    const start = this.#lineStarts[line - startLine] ?? 0
    return start + column - (line === startLine ? startColumn : 0)
  }

  originOf(variable: Variable, scope: Scope): Origin | undefined {
    const isInterop = (name: string): boolean => {
      const wrapper = scope.find(name)?.declaration
      const text = wrapper ? this.#raw.source.slice(wrapper.start, wrapper.end) : ''
      return interopText.test(text)
    }
    if (!this.#origins.has(variable)) this.#origins.set(variable, originOf(variable, isInterop))
    return this.#origins.get(variable)
  }

  /**
   * The source by another spelling. What is located in it is mapped already, and must not be mapped once more by an
   * engine that holds a source map under the file's usual name.
   */
  #mappedUrl(source: string): string {
    // A loader's map names the file itself, in spellings of its own; a bundle's names what went into it.
    const isBundle = this.url.startsWith('file:') && /^\.\.?\//.test(source)
    const url = isBundle ? new URL(source, this.url).href : this.url
    return url.replace(/\/(?=[^/]*$)/, '/./')
  }

  /** Whether the text that runs differs from the file's, so that lines have to be mapped. */
  get isMapped(): boolean {
    return this.#sourceMap !== undefined
  }

  /** The user's line and column for an offset in the script, zero-based. */
  locate(offset: number): SourceLocation | undefined {
    const { startLine, startColumn } = this.#raw
    let line = this.#lineStarts.findLastIndex((start) => start <= offset)
    let column = offset - (this.#lineStarts[line] ?? 0)
    if (line === 0) column += startColumn
    line += startLine
    if (!this.#sourceMap) return { url: this.url, line: Math.max(line, 0), column: Math.max(column, 0) }
    const entry = this.#sourceMap.findEntry(line, column)
    if (!('originalLine' in entry)) return undefined
    return { url: this.#mappedUrl(entry.originalSource), line: entry.originalLine, column: entry.originalColumn }
  }
}

/** esbuild's `__toESM`, whatever a minifier has called it. */
const interopText = /^[\w$]+\s*=\s*\([\w$]+,\s*[\w$]+,\s*[\w$]+\)\s*=>.*\.__esModule.*["']default["']/s

const scriptsMax = 512
const scripts = new Map<string, Script | undefined>()

export function scriptWithId(scriptId: string): Script | undefined {
  if (scripts.has(scriptId)) return scripts.get(scriptId)
  const raw = readScript(scriptId)
  const script = raw && new Script(raw)
  if (scripts.size >= scriptsMax) scripts.clear()
  scripts.set(scriptId, script)
  return script
}

function parseScript({ source, isModule }: RawScript): Program | undefined {
  const options = { ecmaVersion: 'latest', allowHashBang: true, allowReturnOutsideFunction: true } as const
  for (const sourceType of isModule ? (['module'] as const) : (['script', 'module'] as const)) {
    try {
      return parse(source, { ...options, sourceType })
    } catch {}
  }
  return undefined
}

function isViteModule({ source }: RawScript): boolean {
  return source.startsWith(`'use strict';async (`) && source.includes('__vite_ssr_')
}

function asUrl(url: string): string {
  const bare = url.replace(/[?#].*$/, '')
  return path.isAbsolute(bare) ? pathToFileURL(bare).href : bare
}

function inlineSourceMap(url: string | undefined): SourceMap | undefined {
  const data = url?.match(/^data:application\/json[^,]*?(;base64)?,(.*)$/s)
  if (!data) return undefined
  const [, isBase64, body = ''] = data
  try {
    const text = isBase64 ? Buffer.from(body, 'base64').toString() : decodeURIComponent(body)
    return new SourceMap(JSON.parse(text) as SourceMapPayload)
  } catch {
    return undefined
  }
}

/** Where the paths begin that Vite writes for modules of the project: `/src/work.ts`. */
export function viteRoot(): string {
  const worker: unknown = Reflect.get(globalThis, '__vitest_worker__')
  if (typeof worker === 'object' && worker !== null && 'config' in worker) {
    const { config } = worker
    if (typeof config === 'object' && config !== null && 'root' in config && typeof config.root === 'string')
      return config.root
  }
  return process.cwd()
}

/** What Vite made of a specifier, as Node takes it. */
export function fromViteId(id: string, root: string): string {
  const paths = vitePaths(id, root)
  const found = paths.find((file) => existsSync(file)) ?? paths.at(-1)
  return found === undefined ? viteSpecifier(id) : pathToFileURL(found).href
}
