import { type AnyNode, type Program, parse } from 'acorn'
import type { Reference } from './scope.ts'
import { analyze, type Outside } from './scopes.ts'
import { childrenOf, hasUseStrict, isClassNode, isFunctionNode } from './syntax.ts'

interface FreeUse {
  readonly start: number
  readonly form: Reference['form']
  /** A statement of a list begins here: the line before may lack its semicolon. */
  readonly beginsStatement: boolean
}

/** A name that a function uses and does not declare. Positions count in the function's text. */
export interface FreeName {
  readonly name: string
  readonly uses: readonly FreeUse[]
  writes: boolean
  /** `name.member`: which members, where all uses are such reads; undefined where the whole is used. */
  members: Set<string> | undefined
  /** Used while a class is being defined: its base, a computed key, a static field. */
  eager: boolean
}

interface Span {
  readonly start: number
  readonly end: number
}

/** What the text of one function tells. */
export interface FunctionShape {
  readonly text: string
  readonly form: 'expression' | 'method'
  readonly kind: 'function' | 'arrow' | 'class' | 'method'
  readonly free: ReadonlyMap<string, FreeName>
  readonly outside: Outside
  /** The class that this one extends, where that is written as a name. */
  readonly base: string | undefined
  /** A method's key, where it cannot stand in an object literal as it is: computed or private. */
  readonly keyToReplace: Span | undefined
  readonly importKeywords: readonly Span[]
  readonly importMetas: readonly Span[]
  /** Where a line may be broken without a change of meaning. */
  readonly breaks: readonly number[]
  /** True or false by its own text; undefined where its file decides and it matters. */
  readonly strict: boolean | undefined
}

const shapesMax = 4_096
const shapes = new Map<string, FunctionShape | undefined>()

/** Undefined where the text is no function in ECMAScript: native code, or a syntax that acorn does not know. */
export function functionShape(text: string): FunctionShape | undefined {
  let shape = shapes.get(text)
  if (shape || shapes.has(text)) return shape
  shape = readShape(text)
  if (shapes.size >= shapesMax) shapes.clear()
  shapes.set(text, shape)
  return shape
}

function readShape(text: string): FunctionShape | undefined {
  return shapeOfExpression(text) ?? shapeOfMethod(text)
}

/** Strict mode where it parses so, since nearly all code is. */
function parseLeniently(text: string): { program: Program; strict: boolean } | undefined {
  const options = { ecmaVersion: 'latest', allowSuperOutsideMethod: true, checkPrivateFields: false } as const
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return { program: parse(text, { ...options, sourceType }), strict: sourceType === 'module' }
    } catch {}
  }
  return undefined
}

// The function around it makes `new.target` parse.
const expressionPrefix = 'function _(){('
const methodPrefix = 'function _(){({'

function wrapped(text: string, prefix: string, suffix: string): { node: AnyNode; strict: boolean } | undefined {
  const parsed = parseLeniently(prefix + text + suffix)
  const outer = parsed?.program.body[0]
  const statement = outer?.type === 'FunctionDeclaration' ? outer.body.body[0] : undefined
  if (!parsed || statement?.type !== 'ExpressionStatement') return undefined
  return { node: statement.expression, strict: parsed.strict }
}

function shapeOfExpression(text: string): FunctionShape | undefined {
  const found = wrapped(text, expressionPrefix, '\n)}')
  if (!found || !(isFunctionNode(found.node) || isClassNode(found.node))) return undefined
  const { node } = found
  const kind = isClassNode(node) ? 'class' : node.type === 'ArrowFunctionExpression' ? 'arrow' : 'function'
  return shape(text, 'expression', kind, node, expressionPrefix.length, found.strict)
}

function shapeOfMethod(text: string): FunctionShape | undefined {
  const found = wrapped(text, methodPrefix, '\n})}') ?? wrapped(text.replace('#', '_'), methodPrefix, '\n})}')
  const property = found?.node.type === 'ObjectExpression' ? found.node.properties[0] : undefined
  if (!found || property?.type !== 'Property' || !isFunctionNode(property.value)) return undefined
  const offset = methodPrefix.length
  const isPrivate = text[property.key.start - offset] === '#'
  const key = { start: property.key.start - offset, end: property.key.end - offset }
  let keyToReplace: Span | undefined
  if (property.computed) {
    const start = text.lastIndexOf('[', key.start)
    keyToReplace = { start, end: text.indexOf(']', key.end) + 1 }
  } else if (isPrivate) keyToReplace = { start: key.start, end: key.start + 1 }
  return shape(text, 'method', 'method', property.value, offset, found.strict, keyToReplace)
}

function shape(
  text: string,
  form: FunctionShape['form'],
  kind: FunctionShape['kind'],
  node: AnyNode,
  offset: number,
  parsesStrict: boolean,
  keyToReplace?: Span,
): FunctionShape {
  const analysis = analyze(node, parsesStrict, kind === 'method' && isFunctionNode(node) ? node : undefined)
  const free = new Map<string, FreeName & { uses: FreeUse[] }>()
  const statements = new Set(statementsIn(node))
  const eagerSpans = isClassNode(node) ? spansAtDefinition(node) : []
  for (const { node: use, form, writes, member } of analysis.free) {
    const found = free.get(use.name) ?? { name: use.name, uses: [], writes: false, members: new Set(), eager: false }
    free.set(use.name, found)
    found.uses.push({ start: use.start - offset, form, beginsStatement: statements.has(use.start) })
    found.writes ||= writes
    found.eager ||= eagerSpans.some((span) => span.start <= use.start && use.end <= span.end)
    if (member === undefined) found.members = undefined
    else found.members?.add(member)
  }
  const local = ({ start, end }: Span): Span => ({ start: start - offset, end: end - offset })
  return {
    text,
    form,
    kind,
    free,
    outside: analysis.outside,
    base: isClassNode(node) && node.superClass?.type === 'Identifier' ? node.superClass.name : undefined,
    keyToReplace,
    importKeywords: analysis.importExpressions.map(({ start }) => local({ start, end: start + 'import'.length })),
    importMetas: analysis.importMetas.map(local),
    breaks: [...breaksIn(node)].map((position) => position - offset).sort((a, b) => a - b),
    strict: strictness(node, kind, parsesStrict, analysis.dependsOnStrictness),
  }
}

function strictness(node: AnyNode, kind: string, parsesStrict: boolean, matters: boolean): boolean | undefined {
  if (kind === 'class') return true
  if (!parsesStrict) return false
  if (isFunctionNode(node) && node.body.type === 'BlockStatement' && hasUseStrict(node.body.body)) return true
  return matters ? undefined : true
}

function spansAtDefinition(node: Extract<AnyNode, { type: 'ClassDeclaration' | 'ClassExpression' }>): Span[] {
  const spans: Span[] = node.superClass ? [node.superClass] : []
  for (const member of node.body.body) {
    if (member.type === 'StaticBlock') spans.push(member)
    else {
      if (member.computed) spans.push(member.key)
      if (member.type === 'PropertyDefinition' && member.static && member.value) spans.push(member.value)
    }
  }
  return spans
}

function* nodesIn(root: AnyNode): Generator<AnyNode> {
  const pending = [root]
  for (let node = pending.pop(); node; node = pending.pop()) {
    for (const child of childrenOf(node)) pending.push(child)
    yield node
  }
}

/** Where each statement of a list begins. */
function* statementsIn(root: AnyNode): Generator<number> {
  for (const node of nodesIn(root)) {
    if (node.type === 'BlockStatement' || node.type === 'StaticBlock') yield* node.body.map(({ start }) => start)
    else if (node.type === 'SwitchCase') yield* node.consequent.map(({ start }) => start)
  }
}

/** Statements, class members, and what stands within brackets: no line break before them ends or joins anything. */
function* breaksIn(root: AnyNode): Generator<number> {
  yield* statementsIn(root)
  for (const node of nodesIn(root)) yield* itemsOf(node).map(({ start }) => start)
}

function itemsOf(node: AnyNode): readonly AnyNode[] {
  switch (node.type) {
    case 'ClassBody':
      return node.body
    case 'SwitchStatement':
      return node.cases
    case 'CallExpression':
    case 'NewExpression':
      return node.arguments
    case 'ArrayExpression':
      return node.elements.filter((element) => element !== null)
    case 'ObjectExpression':
      return node.properties
    default:
      return []
  }
}
