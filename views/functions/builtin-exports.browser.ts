import type { BuiltinExport } from './builtin-exports.ts'

/** There are none of Node's modules here. */
export function builtinExport(_value: object): BuiltinExport | undefined {
  return undefined
}
