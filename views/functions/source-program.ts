import { type AnyNode, getLineInfo, type Program, parse } from 'acorn'
import {
  programNames,
  type SourceFunction,
  type SourceImport,
  type SourceProgram,
} from '../../core/builtin-functions.ts'
import { SourceError } from '../../core/errors.ts'
import { analyze } from './scopes.ts'
import { type ClassNode, childrenOf, type FunctionNode, hasUseStrict, isFunctionNode, namesIn } from './syntax.ts'

type Declaration = Extract<AnyNode, { type: 'VariableDeclaration' }>

/**
 * A text as engines execute it: every declaration at its top becomes an assignment to a name of the namespace. Lines
 * stay; columns stay where nothing had to be inserted before.
 * @throws SourceError with the place of what cannot be parsed
 */
export function sourceProgram(text: string, name: string, parent: string): SourceProgram {
  const program = parsed(text, name)
  const strict = hasUseStrict(program.body)
  const rewriting = new Rewriting(text, strict)
  rewriting.run(program)
  return {
    body: rewriting.text(),
    strict,
    name,
    parent,
    imports: rewriting.imports,
    functions: rewriting.functions,
    variables: [...rewriting.variables],
    defines: [...rewriting.defines],
  }
}

function parsed(text: string, name: string): Program {
  try {
    return parse(text, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowImportExportEverywhere: true,
    })
  } catch (error) {
    const { message } = error as Error
    const [, what, line, column] = /^(.*) \((\d+):(\d+)\)$/s.exec(message) ?? [undefined, message, '1', '0']
    const place = `${name}:${line}:${Number(column) + 1}`
    throw new SourceError(`${place}: ${what}`, { cause: error, details: { name, line: Number(line) } })
  }
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

class Rewriting {
  readonly imports: SourceImport[] = []
  readonly functions: SourceFunction[] = []
  readonly variables = new Set<string>()
  readonly defines = new Set<string>()
  readonly #source: string
  readonly #strict: boolean
  readonly #edits: Edit[] = []

  constructor(source: string, strict: boolean) {
    this.#source = source
    this.#strict = strict
  }

  run(program: Program): void {
    this.#references(program)
    for (const variable of nestedVariables(program)) this.#variable(variable)
    for (const statement of program.body) this.#statement(statement)
    const last = program.body.at(-1)
    if (last?.type === 'ExpressionStatement') this.#surround(last, 'return(')
  }

  text(): string {
    return this.#rewritten(0, this.#source.length)
  }

  #rewritten(from: number, to: number): string {
    let result = ''
    let done = from
    const edits = this.#edits.filter(({ start, end }) => from <= start && end <= to)
    for (const { start, end, text } of edits.sort((a, b) => a.start - b.start || a.end - b.end)) {
      // What stands in a part that was taken out goes with it.
      if (start < done) continue
      result += this.#source.slice(done, start) + text
      done = end
    }
    return result + this.#source.slice(done, to)
  }

  #references(program: Program): void {
    const { free, importExpressions, importMetas } = analyze(program, this.#strict)
    for (const { node, writes } of free) if (writes && !this.#strict) this.defines.add(node.name)
    for (const { node, form } of free) {
      if (form === 'typeof' && this.defines.has(node.name)) this.#insert(node.start, `${programNames.lenient}.`)
    }
    for (const { start } of importExpressions) this.#replace(start, start + 'import'.length, programNames.import)
    for (const { start, end } of importMetas) this.#replace(start, end, programNames.meta)
  }

  #statement(node: AnyNode): void {
    switch (node.type) {
      case 'VariableDeclaration':
        if (node.kind === 'let' || node.kind === 'const') this.#lexical(node)
        return
      case 'ClassDeclaration':
        return this.#class(node)
      case 'FunctionDeclaration':
        return this.#function(node)
      case 'ImportDeclaration':
        this.imports.push({
          specifier: String(node.source.value),
          names: node.specifiers.map((specifier) => [specifier.local.name, importedName(specifier)] as const),
        })
        for (const { local } of node.specifiers) this.defines.add(local.name)
        return this.#takeOut(node)
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportDefaultDeclaration':
        return this.#export(node)
    }
  }

  /** A program exports nothing: what it declares it declares. */
  #export(node: Extract<AnyNode, { type: `Export${'Named' | 'All' | 'Default'}Declaration` }>): void {
    if (node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source)) {
      this.imports.push({ specifier: String(node.source?.value), names: [] })
      return this.#takeOut(node)
    }
    const { declaration } = node
    if (!declaration) return this.#takeOut(node)
    const isNamed = 'declarations' in declaration || (/Declaration$/.test(declaration.type) && nameOf(declaration))
    const gap = this.#source.slice(node.start, declaration.start)
    this.#replace(node.start, declaration.start, isNamed ? blank(gap) : 'void('.padEnd(gap.length))
    if (isNamed) this.#statement(declaration)
    else this.#insert(declaration.end, ');')
  }

  #lexical(node: Declaration): void {
    this.#declare(node)
    for (const { id, init } of node.declarations) if (!init) this.#insert(id.end, ' = void 0')
    this.#assign(node)
  }

  #variable({ node, inLoop }: { readonly node: Declaration; readonly inLoop: boolean }): void {
    for (const name of this.#declare(node)) this.variables.add(name)
    if (inLoop) this.#replace(node.start, node.start + 'var'.length, '   ')
    else this.#assign(node)
  }

  #declare(node: Declaration): string[] {
    const names = node.declarations.flatMap(({ id }) => [...namesIn(id)].map((identifier) => identifier.name))
    for (const name of names) this.defines.add(name)
    return names
  }

  /** As long as the keyword, so that columns stay, and no continuation of the line before. */
  #assign(node: Declaration): void {
    this.#replace(node.start, node.start + node.kind.length, node.kind === 'const' ? 'void(' : '!( ')
    this.#close(node)
  }

  #class(node: ClassNode): void {
    const name = nameOf(node)
    this.defines.add(name)
    this.#insert(node.start, `!(${name}=`)
    this.#insert(node.end, ');')
  }

  /** It stands before all else, so that it is there from the beginning, and calls of itself find what the name stands for. */
  #function(node: FunctionNode): void {
    const name = nameOf(node)
    this.defines.add(name)
    if (node.id) this.#replace(node.id.start, node.id.end, ' '.repeat(name.length))
    const { line, column } = getLineInfo(this.#source, node.start)
    // What is inserted right before or behind it belongs to its neighbours.
    const text = this.#source[node.start] + this.#rewritten(node.start + 1, node.end - 1) + this.#source[node.end - 1]
    this.functions.push({ name, text, line: line - 1, column })
    this.#takeOut(node)
  }

  #surround(statement: AnyNode, opening: string): void {
    this.#insert(statement.start, opening)
    this.#close(statement)
  }

  #close({ end }: AnyNode): void {
    if (this.#source[end - 1] === ';') this.#insert(end - 1, ')')
    else this.#insert(end, ');')
  }

  #takeOut({ start, end }: AnyNode): void {
    this.#replace(start, end, `;${blank(this.#source.slice(start + 1, end))}`)
  }

  #insert(at: number, text: string): void {
    this.#replace(at, at, text)
  }

  #replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }
}

/** What is declared by `var` outside of functions, however deep. */
function* nestedVariables(program: Program): Generator<{ readonly node: Declaration; readonly inLoop: boolean }> {
  const pending: AnyNode[] = [program]
  const inLoops = new Set<AnyNode>()
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (isFunctionNode(node) || node.type === 'StaticBlock') continue
    if (node.type === 'ForStatement' && node.init) inLoops.add(node.init)
    if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') inLoops.add(node.left)
    if (node.type === 'VariableDeclaration' && node.kind === 'var') yield { node, inLoop: inLoops.has(node) }
    pending.push(...childrenOf(node))
  }
}

function nameOf(node: AnyNode): string {
  return 'id' in node && node.id?.type === 'Identifier' ? node.id.name : ''
}

function importedName(specifier: Extract<AnyNode, { type: 'ImportDeclaration' }>['specifiers'][number]): string {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*'
  if (specifier.type === 'ImportDefaultSpecifier') return 'default'
  const { imported } = specifier
  return imported.type === 'Identifier' ? imported.name : String(imported.value)
}

function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, ' ')
}
