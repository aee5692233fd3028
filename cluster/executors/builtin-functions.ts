import { type BuiltinFunctions, namespaceUrl, sourceUrl } from '../../core/builtin-functions.ts'
import { executeSource } from './execute-source.ts'
import { namespaceFunctions } from './namespace-functions.ts'

const builtinFunctions: BuiltinFunctions = {
  [namespaceUrl]: namespaceFunctions,
  [sourceUrl]: { execute: executeSource },
}

/** The functions at a `yardmaster:` URL; undefined where there are none. */
export function builtinModule(url: string): object | undefined {
  return Object.hasOwn(builtinFunctions, url) ? builtinFunctions[url as keyof BuiltinFunctions] : undefined
}
