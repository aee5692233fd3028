import type { AnyNode } from 'acorn'
import type { IdentifierNode } from './syntax.ts'

export type VariableKind = 'import' | 'const' | 'let' | 'var' | 'function' | 'class' | 'parameter' | 'implicit'

/** A binding as the text declares it. */
export interface Variable {
  readonly name: string
  readonly kind: VariableKind
  /** The declarator, import specifier, function or class. */
  readonly declaration: AnyNode
  /** Assignments after its initialization. */
  writes: number
}

/** A use of a name, and how it stands in the text: what a rewriting must know. */
export interface Reference {
  readonly node: IdentifierNode
  readonly scope: Scope
  readonly writes: boolean
  readonly form: 'plain' | 'shorthand' | 'callee' | 'typeof'
  /** `name.member`: the member, where it is written out. */
  readonly member: string | undefined
}

export class Scope {
  readonly parent: Scope | undefined
  /** Where `var` goes. */
  readonly takesVars: boolean
  readonly variables = new Map<string, Variable>()

  constructor(parent: Scope | undefined, takesVars: boolean) {
    this.parent = parent
    this.takesVars = takesVars
  }

  declare(name: string, kind: VariableKind, declaration: AnyNode): void {
    const known = this.variables.get(name)
    if (!known) this.variables.set(name, { name, kind, declaration, writes: 0 })
    // A second declaration (`var x = 1; var x = 2`) is as good as an assignment.
    else if (kind !== 'implicit') known.writes += 1
  }

  find(name: string): Variable | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const variable = scope.variables.get(name)
      if (variable) return variable
    }
    return undefined
  }
}
