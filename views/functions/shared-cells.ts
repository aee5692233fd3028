import type { SourceReference } from '../../core/function-spec.ts'
import type { CapturedVariable, Source } from './captured-source.ts'
import { type ScopeValues, valueIn } from './inspector.ts'

/** A binding that shipped functions share, and who uses it. */
interface Cell {
  readonly index: number
  readonly variable: CapturedVariable
  readonly users: { readonly source: Source; readonly captured: CapturedVariable }[]
}

/**
 * Bindings that some shipped function writes become cells, so that all functions that share one on the client share
 * it on the engine. V8 does not tell whether two closures share a scope or have two scopes of the same literal: they
 * are taken to share it if the scopes, and all those around them, hold identical values, unless the two are closures
 * of the same literal made directly in it, which one scope makes once.
 */
export function sharedCells(sources: readonly Source[]): {
  cells: SourceReference[]
  cellOf: (source: Source) => ReadonlyMap<string, number>
} {
  const written = new Set<string>()
  for (const { variables } of sources) for (const { name, writes } of variables) if (writes) written.add(name)
  const cells: Cell[] = []
  const cellsBySource = new Map<Source, Map<string, number>>()
  const references: SourceReference[] = []
  if (written.size > 0) {
    for (const source of sources) {
      const own = new Map<string, number>()
      cellsBySource.set(source, own)
      for (const captured of source.variables) {
        if (!written.has(captured.name)) continue
        let cell = cells.find((candidate) => belongs(candidate, source, captured))
        if (!cell) {
          cell = { index: cells.length, variable: captured, users: [] }
          cells.push(cell)
          references.push(captured.reference)
        }
        cell.users.push({ source, captured })
        own.set(captured.name, cell.index)
      }
    }
  }
  const none = new Map<string, number>()
  return { cells: references, cellOf: (source) => cellsBySource.get(source) ?? none }
}

function belongs(cell: Cell, source: Source, captured: CapturedVariable): boolean {
  const first = cell.users[0]
  if (cell.variable.name !== captured.name || cell.variable.variable !== captured.variable || !first) return false
  const mine = source.scopes.slice(captured.scopeIndex)
  const theirs = first.source.scopes.slice(first.captured.scopeIndex)
  if (!sameScopes(mine, theirs)) return false
  if (/^(Module|Script)/.test(mine[0]?.description ?? '')) return true
  return !cell.users.some(
    (user) =>
      user.source.fn !== source.fn &&
      user.source.shape === source.shape &&
      user.source.literal === source.literal &&
      captured.scopeIndex === 0,
  )
}

function sameScopes(a: readonly ScopeValues[], b: readonly ScopeValues[]): boolean {
  return (
    a.length === b.length &&
    a.every((scope, index) => {
      const other = b[index]
      if (other?.description !== scope.description) return false
      const keys = Object.keys(scope.object)
      return (
        keys.length === Object.keys(other.object).length &&
        keys.every((key) => Object.hasOwn(other.object, key) && Object.is(valueIn(scope, key), valueIn(other, key)))
      )
    })
  )
}
