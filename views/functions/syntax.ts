import type { AnyNode } from 'acorn'

export type FunctionNode = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>
export type ClassNode = Extract<AnyNode, { type: 'ClassDeclaration' | 'ClassExpression' }>
export type IdentifierNode = Extract<AnyNode, { type: 'Identifier' }>

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** The nodes directly within a node, in the order of the text. */
export function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) yield* value.filter(isNode)
    else if (isNode(value)) yield value
  }
}

export function isFunctionNode(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}

export function isClassNode(node: AnyNode): node is ClassNode {
  return node.type === 'ClassDeclaration' || node.type === 'ClassExpression'
}

/** Whether a list of statements begins with `'use strict'`. */
export function hasUseStrict(body: readonly AnyNode[]): boolean {
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) return false
    if (statement.directive === 'use strict') return true
  }
  return false
}

/** The names that a pattern binds. */
export function* namesIn(pattern: AnyNode): Generator<IdentifierNode> {
  switch (pattern.type) {
    case 'Identifier':
      yield pattern
      return
    case 'ObjectPattern':
      for (const property of pattern.properties)
        yield* namesIn(property.type === 'RestElement' ? property.argument : property.value)
      return
    case 'ArrayPattern':
      for (const element of pattern.elements) if (element) yield* namesIn(element)
      return
    case 'AssignmentPattern':
      yield* namesIn(pattern.left)
      return
    case 'RestElement':
      yield* namesIn(pattern.argument)
  }
}
