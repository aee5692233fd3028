import type { FreeName, FunctionShape } from './function-shape.ts'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** How a use of a free name is written instead: `holder.member`. */
export interface Replacement {
  readonly holder: string
  readonly member: string
}

export interface RewriteOptions {
  /** Free names that are read through another object. */
  readonly replacements: ReadonlyMap<string, Replacement>
  readonly importName: string
  readonly metaName: string
  /** The line, counted from that of the text's start, where the user wrote what stands at this position. */
  readonly lineOf: ((position: number) => number | undefined) | undefined
}

/** The text as it travels. It keeps its lines, and its columns as far as nothing has to be replaced. */
export function rewrite(shape: FunctionShape, options: RewriteOptions): string {
  const edits: Edit[] = []
  for (const [name, replacement] of options.replacements) {
    const free = shape.free.get(name)
    if (free) edits.push(...editsFor(free, replacement))
  }
  for (const { start, end } of shape.importKeywords) edits.push({ start, end, text: options.importName })
  for (const { start, end } of shape.importMetas) edits.push({ start, end, text: options.metaName })
  if (shape.keyToReplace) {
    const { start, end } = shape.keyToReplace
    const isPrivate = shape.text[start] === '#'
    edits.push({ start, end, text: isPrivate ? '_' : '[0]' })
  }
  return apply(shape.text, edits, options.lineOf ? shape.breaks : [], options.lineOf)
}

function editsFor(free: FreeName, { holder, member }: Replacement): Edit[] {
  const access = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(member)
    ? `${holder}.${member}`
    : `${holder}[${JSON.stringify(member)}]`
  return free.uses.map(({ start, form, beginsStatement }) => {
    const end = start + free.name.length
    if (form === 'shorthand') return { start, end, text: `${free.name}: ${access}` }
    // A call must not make the holder its `this`.
    if (form !== 'callee') return { start, end, text: access }
    return { start, end, text: `${beginsStatement ? ';' : ''}(0, ${access})` }
  })
}

function apply(
  text: string,
  edits: Edit[],
  breaks: readonly number[],
  lineOf: ((position: number) => number | undefined) | undefined,
): string {
  const all = [...edits, ...breaks.map((start) => ({ start, end: start, text: '\n' }))]
  all.sort((a, b) => a.start - b.start || a.end - b.end)
  let result = ''
  let line = 0
  let done = 0
  for (const { start, end, text: replacement } of all) {
    const before = text.slice(done, start)
    line += linesIn(before)
    result += before
    done = end
    if (replacement !== '\n') {
      result += replacement
      continue
    }
    const missing = (lineOf?.(start) ?? 0) - line
    if (missing <= 0) continue
    result += '\n'.repeat(missing)
    line += missing
  }
  return result + text.slice(done)
}

function linesIn(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}
