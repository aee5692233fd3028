import type { AnyNode } from 'acorn'
import type { ImportedModule } from '../../core/function-spec.ts'
import type { Variable } from './scope.ts'

/** Where a binding comes from, when that is a module. */
export interface Origin {
  readonly specifier: string
  readonly form: ImportedModule['form']
  /** From the module to the binding: empty for the whole namespace. */
  readonly path: readonly string[]
  /** The exporting module may change it. */
  readonly live: boolean
  /** Vite has resolved the specifier to a path of its own. */
  readonly isViteId: boolean
}

/** `isInterop` tells esbuild's wrapper of `require` by any name. Reads a declaration: `import`, `require` as written or as compilers write it, `await import()`, and Vite's own form. */
export function originOf(variable: Variable, isInterop: (name: string) => boolean): Origin | undefined {
  const { declaration } = variable
  if (variable.kind === 'import') return originOfImport(declaration)
  if (declaration.type !== 'VariableDeclarator' || !declaration.init || variable.writes > 0) return undefined
  const origin = originOfExpression(declaration.init, isInterop)
  if (!origin || declaration.id.type === 'Identifier') return origin
  if (declaration.id.type !== 'ObjectPattern') return undefined
  for (const property of declaration.id.properties) {
    if (property.type !== 'Property' || property.computed || property.value.type !== 'Identifier') continue
    const key = nameOf(property.key)
    if (property.value.name === variable.name && key !== undefined)
      return { ...origin, path: [...origin.path, key], live: false }
  }
  return undefined
}

function originOfImport(specifier: AnyNode): Origin | undefined {
  const from = importSources.get(specifier)
  if (from === undefined) return undefined
  const origin = { specifier: from, form: 'import', isViteId: false } as const
  switch (specifier.type) {
    case 'ImportNamespaceSpecifier':
      return { ...origin, path: [], live: false }
    case 'ImportDefaultSpecifier':
      return { ...origin, path: ['default'], live: true }
    case 'ImportSpecifier': {
      const imported = nameOf(specifier.imported)
      return imported === undefined ? undefined : { ...origin, path: [imported], live: true }
    }
  }
  return undefined
}

const importSources = new WeakMap<AnyNode, string>()

/** An import specifier does not know its declaration: this tells it. */
export function rememberImports(body: readonly AnyNode[]): void {
  for (const statement of body) {
    if (statement.type !== 'ImportDeclaration' || typeof statement.source.value !== 'string') continue
    for (const specifier of statement.specifiers) importSources.set(specifier, statement.source.value)
  }
}

const wrappers: Readonly<Record<string, ImportedModule['form']>> = {
  __importDefault: 'requireDefault',
  _interopRequireDefault: 'requireDefault',
  _interop_require_default: 'requireDefault',
  __importStar: 'requireNamespace',
  _interopRequireWildcard: 'requireNamespace',
  _interop_require_wildcard: 'requireNamespace',
}

function originOfExpression(node: AnyNode, isInterop: (name: string) => boolean): Origin | undefined {
  switch (node.type) {
    case 'AwaitExpression':
      return originOfExpression(node.argument, isInterop)
    case 'ImportExpression':
      return namespace(node.source, 'import')
    case 'MemberExpression': {
      const origin = originOfExpression(node.object, isInterop)
      const key = node.computed ? stringOf(node.property) : nameOf(node.property)
      return origin && key !== undefined ? { ...origin, path: [...origin.path, key] } : undefined
    }
    case 'CallExpression': {
      const [first, second] = node.arguments
      const callee = node.callee.type === 'MemberExpression' ? node.callee.property : node.callee
      if (callee.type !== 'Identifier' || !first) return undefined
      if (callee.name === 'require') return namespace(first, 'require')
      if (callee.name === '__vite_ssr_import__' || callee.name === '__vite_ssr_dynamic_import__') {
        const origin = namespace(first, 'import')
        return origin && { ...origin, isViteId: true }
      }
      const inner = originOfExpression(first, isInterop)
      if (inner?.form !== 'require' || inner.path.length > 0) return undefined
      const isToEsm = callee.name === '__toESM' || isInterop(callee.name)
      if (isToEsm) return { ...inner, form: second ? 'requireNodeNamespace' : 'requireNamespace' }
      const form = wrappers[callee.name]
      return form && { ...inner, form }
    }
  }
  return undefined
}

function namespace(source: AnyNode, form: ImportedModule['form']): Origin | undefined {
  const specifier = stringOf(source)
  return specifier === undefined ? undefined : { specifier, form, path: [], live: false, isViteId: false }
}

function nameOf(node: AnyNode): string | undefined {
  return node.type === 'Identifier' ? node.name : stringOf(node)
}

function stringOf(node: AnyNode): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? undefined
  return undefined
}
