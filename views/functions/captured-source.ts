import type { ShippedSource, SourceReference } from '../../core/function-spec.ts'
import type { Callable } from './callable.ts'
import type { Trail } from './capture-error.ts'
import type { FunctionShape } from './function-shape.ts'
import type { ScopeValues } from './inspector.ts'
import type { Replacement } from './rewrite.ts'
import type { Variable } from './scope.ts'
import type { Literal, Script } from './script.ts'

/** A free name found in the closure's scopes. */
export interface CapturedVariable {
  readonly name: string
  /** Counted in the scopes of the function, from the innermost. */
  readonly scopeIndex: number
  readonly variable: Variable | undefined
  readonly writes: boolean
  readonly reference: SourceReference
}

/** A function on its way into the spec. */
export interface Source {
  readonly fn: Callable
  readonly shape: FunctionShape
  readonly trail: Trail
  readonly scopes: readonly ScopeValues[]
  readonly script: Script | undefined
  readonly literal: Literal | undefined
  readonly location: ShippedSource['location']
  readonly variables: CapturedVariable[]
  readonly fixed: { name: string; reference: SourceReference; replacement?: Replacement }[]
  properties: ShippedSource['properties']
}
