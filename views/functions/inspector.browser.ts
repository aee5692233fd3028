import type { RawScript, ScopeValues, Surroundings } from './inspector.ts'

export type { RawScript, ScopeValues, ScriptPosition, Surroundings } from './inspector.ts'

/** Browsers let nobody look into the scopes of a function. */
export const readsScopes: boolean = false

export const uninitialized = Symbol('uninitialized')

export function valueIn({ object }: ScopeValues, name: string): unknown {
  return object[name]
}

export function readSurroundings(_subject: object): Surroundings {
  return { position: undefined, scopes: [] }
}

export function releaseSurroundings(): void {}

export function readScript(_scriptId: string): RawScript | undefined {
  return undefined
}
