import type { Script } from './script.ts'

export type { Literal, Script, SourceLocation } from './script.ts'

/** Nothing tells here in which script a function stands. */
export function scriptWithId(_scriptId: string): Script | undefined {
  return undefined
}

export function viteRoot(): string {
  return ''
}

export function fromViteId(id: string, _root: string): string {
  return id
}
