import type { AnyNode } from 'acorn'
import { type Reference, Scope, type VariableKind } from './scope.ts'
import {
  type ClassNode,
  childrenOf,
  type FunctionNode,
  hasUseStrict,
  type IdentifierNode,
  isClassNode,
  isFunctionNode,
  namesIn,
} from './syntax.ts'

/** What belongs to the surroundings of the text rather than to the text. */
export interface Outside {
  this: boolean
  super: boolean
  newTarget: boolean
  /** `#x` of a class around the text. */
  privateName: string | undefined
}

export interface Analysis {
  /** Uses of names that the text does not declare. */
  readonly free: readonly Reference[]
  readonly outside: Outside
  readonly importExpressions: readonly Extract<AnyNode, { type: 'ImportExpression' }>[]
  readonly importMetas: readonly Extract<AnyNode, { type: 'MetaProperty' }>[]
  /** Something whose meaning depends on strict mode. */
  readonly dependsOnStrictness: boolean
  /** The scope in which each function or class stands. */
  readonly scopeAround: ReadonlyMap<AnyNode, Scope>
}

/** Whose `this`, `super` and `new.target` a piece of text would use. */
interface Owner {
  readonly ownsThis: boolean
  readonly ownsSuper: boolean
  readonly ownsNewTarget: boolean
}

const nobody: Owner = { ownsThis: false, ownsSuper: false, ownsNewTarget: false }
const classMember: Owner = { ownsThis: true, ownsSuper: true, ownsNewTarget: true }

interface Place {
  readonly scope: Scope
  readonly owner: Owner
  readonly strict: boolean
  readonly privateNames: readonly ReadonlySet<string>[]
}

/** Resolves every name by ECMAScript's scoping rules. `rootMethod`: a method whose home object is outside the text. */
export function analyze(root: AnyNode, strict: boolean, rootMethod?: FunctionNode): Analysis {
  return new Analyzer(rootMethod).run(root, strict)
}

class Analyzer {
  readonly #rootMethod: FunctionNode | undefined
  readonly #references: Reference[] = []
  readonly #importExpressions: Extract<AnyNode, { type: 'ImportExpression' }>[] = []
  readonly #importMetas: Extract<AnyNode, { type: 'MetaProperty' }>[] = []
  readonly #scopeAround = new Map<AnyNode, Scope>()
  readonly #outside: Outside = { this: false, super: false, newTarget: false, privateName: undefined }
  #dependsOnStrictness = false

  constructor(rootMethod: FunctionNode | undefined) {
    this.#rootMethod = rootMethod
  }

  run(root: AnyNode, strict: boolean): Analysis {
    this.#visit(root, { scope: new Scope(undefined, true), owner: nobody, strict, privateNames: [] })
    const free: Reference[] = []
    for (const reference of this.#references) {
      const variable = reference.scope.find(reference.node.name)
      if (!variable) free.push(reference)
      else if (reference.writes) variable.writes += 1
    }
    return {
      free,
      outside: this.#outside,
      importExpressions: this.#importExpressions,
      importMetas: this.#importMetas,
      dependsOnStrictness: this.#dependsOnStrictness,
      scopeAround: this.#scopeAround,
    }
  }

  #visitAll(nodes: Iterable<AnyNode | null | undefined>, place: Place): void {
    for (const node of nodes) if (node) this.#visit(node, place)
  }

  #visit(node: AnyNode, place: Place): void {
    if (isFunctionNode(node)) {
      this.#visitFunction(node, place)
      return
    }
    if (isClassNode(node)) {
      this.#visitClass(node, place)
      return
    }
    switch (node.type) {
      case 'Program':
        this.#visitAll(node.body, { ...place, strict: place.strict || hasUseStrict(node.body) })
        return
      case 'Identifier':
        this.#refer(node, place)
        return
      case 'ThisExpression':
        if (!place.owner.ownsThis) this.#outside.this = true
        else this.#dependsOnStrictness = true
        return
      case 'Super':
        if (!place.owner.ownsSuper) this.#outside.super = true
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.#importMetas.push(node)
        else if (!place.owner.ownsNewTarget) this.#outside.newTarget = true
        return
      case 'ImportExpression':
        this.#importExpressions.push(node)
        break
      case 'PrivateIdentifier':
        if (!place.privateNames.some((names) => names.has(node.name))) this.#outside.privateName ??= node.name
        return
      case 'MemberExpression': {
        const member = !node.computed && node.property.type === 'Identifier' ? node.property.name : undefined
        if (node.object.type === 'Identifier') this.#refer(node.object, place, { member })
        else this.#visit(node.object, place)
        if (node.computed || node.property.type === 'PrivateIdentifier') this.#visit(node.property, place)
        return
      }
      case 'CallExpression':
      case 'TaggedTemplateExpression': {
        const callee = node.type === 'CallExpression' ? node.callee : node.tag
        if (callee.type === 'Identifier') this.#refer(callee, place, { form: 'callee' })
        else this.#visit(callee, place)
        this.#visitAll(node.type === 'CallExpression' ? node.arguments : [node.quasi], place)
        return
      }
      case 'UnaryExpression':
        if (node.operator === 'delete') this.#dependsOnStrictness = true
        if (node.operator === 'typeof' && node.argument.type === 'Identifier') {
          this.#refer(node.argument, place, { form: 'typeof' })
          return
        }
        break
      case 'UpdateExpression':
        if (node.argument.type === 'Identifier') {
          this.#refer(node.argument, place, { writes: true })
          return
        }
        break
      case 'AssignmentExpression':
        this.#visitTarget(node.left, place)
        this.#visit(node.right, place)
        return
      case 'Property':
        if (node.computed) this.#visit(node.key, place)
        if (node.shorthand && node.value.type === 'Identifier') {
          this.#refer(node.value, place, { form: 'shorthand' })
          return
        }
        // A method's home object is this literal.
        if (node.method || node.kind !== 'init') {
          this.#visit(node.value, { ...place, owner: { ...place.owner, ownsSuper: true } })
          return
        }
        this.#visit(node.value, place)
        return
      case 'LabeledStatement':
        this.#visit(node.body, place)
        return
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      case 'WithStatement':
        this.#dependsOnStrictness = true
        break
      case 'VariableDeclaration':
        this.#visitDeclaration(node, place)
        return
      case 'BlockStatement':
      case 'StaticBlock':
      case 'SwitchStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        this.#visitBlock(node, place)
        return
      case 'CatchClause': {
        const inner = { ...place, scope: new Scope(place.scope, false) }
        if (node.param) this.#bind(node.param, 'parameter', node, inner, inner.scope)
        this.#visit(node.body, inner)
        return
      }
      case 'ImportDeclaration':
        for (const specifier of node.specifiers) place.scope.declare(specifier.local.name, 'import', specifier)
        return
      case 'ExportNamedDeclaration':
        if (node.declaration) {
          this.#visit(node.declaration, place)
          return
        }
        // `export { a } from` names nothing here.
        if (!node.source)
          this.#visitAll(node.specifiers.map((specifier) => specifier.local).filter(isIdentifier), place)
        return
      case 'ExportAllDeclaration':
        return
    }
    this.#visitAll(childrenOf(node), place)
  }

  #visitBlock(
    node: Extract<AnyNode, { type: 'BlockStatement' | 'StaticBlock' | `For${string}` | 'SwitchStatement' }>,
    place: Place,
  ): void {
    const isStaticBlock = node.type === 'StaticBlock'
    const scope = new Scope(place.scope, isStaticBlock)
    const inner = isStaticBlock ? { ...place, scope, owner: classMember } : { ...place, scope }
    if (node.type !== 'ForInStatement' && node.type !== 'ForOfStatement') {
      this.#visitAll(childrenOf(node), inner)
      return
    }
    if (node.left.type === 'VariableDeclaration') this.#visitDeclaration(node.left, inner)
    else this.#visitTarget(node.left, inner)
    this.#visitAll([node.right, node.body], inner)
  }

  #visitDeclaration(node: Extract<AnyNode, { type: 'VariableDeclaration' }>, place: Place): void {
    const scope = node.kind === 'var' ? nearestVarScope(place.scope) : place.scope
    const kind = node.kind === 'var' || node.kind === 'let' ? node.kind : 'const'
    for (const declarator of node.declarations) {
      this.#bind(declarator.id, kind, declarator, place, scope)
      if (declarator.init) this.#visit(declarator.init, place)
    }
  }

  /** Declares a pattern's names, and visits the defaults and computed keys within it. */
  #bind(pattern: AnyNode, kind: VariableKind, declaration: AnyNode, place: Place, scope: Scope): void {
    for (const identifier of namesIn(pattern)) scope.declare(identifier.name, kind, declaration)
    this.#visitPattern(pattern, place, () => {})
  }

  #visitTarget(pattern: AnyNode, place: Place): void {
    this.#visitPattern(pattern, place, (target, form) => {
      if (target.type === 'Identifier') this.#refer(target, place, { writes: true, form })
      else this.#visit(target, place)
    })
  }

  #visitPattern(pattern: AnyNode, place: Place, onTarget: (target: AnyNode, form: Reference['form']) => void): void {
    const visit = (node: AnyNode, form: Reference['form'] = 'plain'): void => {
      switch (node.type) {
        case 'ObjectPattern':
          for (const property of node.properties) {
            if (property.type === 'RestElement') visit(property.argument)
            else {
              if (property.computed) this.#visit(property.key, place)
              visit(property.value, property.shorthand ? 'shorthand' : 'plain')
            }
          }
          return
        case 'ArrayPattern':
          for (const element of node.elements) if (element) visit(element)
          return
        case 'RestElement':
          visit(node.argument)
          return
        case 'AssignmentPattern':
          visit(node.left, form)
          this.#visit(node.right, place)
          return
        default:
          onTarget(node, form)
      }
    }
    visit(pattern)
  }

  #visitFunction(node: FunctionNode, place: Place): void {
    this.#scopeAround.set(node, place.scope)
    const isArrow = node.type === 'ArrowFunctionExpression'
    if (node.type === 'FunctionDeclaration' && node.id) this.#declareFunction(node.id.name, node, place)
    let outer = place.scope
    if (node.type === 'FunctionExpression' && node.id) {
      outer = new Scope(outer, false)
      outer.declare(node.id.name, 'function', node)
    }
    const parameters = new Scope(outer, true)
    if (!isArrow) parameters.declare('arguments', 'implicit', node)
    const strict = place.strict || (node.body.type === 'BlockStatement' && hasUseStrict(node.body.body))
    const owner: Owner = isArrow
      ? place.owner
      : {
          ownsThis: node !== this.#rootMethod,
          // Only methods have a home object; a plain function within one has none, and the parser refuses `super` there.
          ownsSuper: node !== this.#rootMethod && place.owner.ownsSuper,
          ownsNewTarget: true,
        }
    const inner: Place = { ...place, scope: parameters, owner, strict }
    for (const parameter of node.params) this.#bind(parameter, 'parameter', node, inner, parameters)
    if (node.body.type !== 'BlockStatement') {
      this.#visit(node.body, inner)
      return
    }
    // The defaults of parameters do not see what the body declares.
    this.#visitAll(node.body.body, { ...inner, scope: new Scope(parameters, true) })
  }

  #declareFunction(name: string, node: FunctionNode, place: Place): void {
    place.scope.declare(name, 'function', node)
    if (place.scope.takesVars) return
    // Sloppy code also sees a block's function around the block (ECMAScript, annex B.3.2).
    this.#dependsOnStrictness = true
    if (place.strict) return
    const outer = nearestVarScope(place.scope)
    if (!outer.variables.has(name)) outer.declare(name, 'var', node)
  }

  #visitClass(node: ClassNode, place: Place): void {
    this.#scopeAround.set(node, place.scope)
    if (node.type === 'ClassDeclaration' && node.id) place.scope.declare(node.id.name, 'class', node)
    const scope = new Scope(place.scope, false)
    if (node.id) scope.declare(node.id.name, 'class', node)
    const names = new Set<string>()
    for (const member of node.body.body)
      if (member.type !== 'StaticBlock' && member.key.type === 'PrivateIdentifier') names.add(member.key.name)
    const inner: Place = { ...place, scope, strict: true, privateNames: [...place.privateNames, names] }
    if (node.superClass) this.#visit(node.superClass, inner)
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') {
        this.#visit(member, inner)
        continue
      }
      if (member.computed) this.#visit(member.key, inner)
      if (member.value) this.#visit(member.value, { ...inner, owner: classMember })
    }
  }

  #refer(node: IdentifierNode, place: Place, how: Partial<Pick<Reference, 'writes' | 'form' | 'member'>> = {}): void {
    if (how.writes) this.#dependsOnStrictness ||= !place.scope.find(node.name)
    this.#references.push({
      node,
      scope: place.scope,
      writes: how.writes ?? false,
      form: how.form ?? 'plain',
      member: how.member,
    })
  }
}

function isIdentifier(node: AnyNode): node is IdentifierNode {
  return node.type === 'Identifier'
}

function nearestVarScope(scope: Scope): Scope {
  let found = scope
  while (!found.takesVars && found.parent) found = found.parent
  return found
}
