/**
 * How a function travels: plain data, encoded by `encodeValue` as one value, so that what its captures share stays shared.
 * Its name is the hash of those bytes, so equal content has one name everywhere.
 */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { ProtocolError } from './errors.ts'

const count = Type.Integer({ minimum: 0 })

/** An exported function, by module. */
const moduleFunction = Type.Object({
  kind: Type.Literal('module'),
  name: Type.String(),
  /** `file:` URL, `node:` URL, or the name of a package. */
  url: Type.String(),
  exportName: Type.String(),
  /** SHA-256 of the module's file in base64url; null where it could not be read. */
  contentHash: Type.Union([Type.String(), Type.Null()]),
})

/** What a name in a function's text stands for. `index` counts in the table of that kind. */
const reference = Type.Union([
  Type.Object({ kind: Type.Literal('value'), index: count }),
  Type.Object({ kind: Type.Literal('function'), index: count }),
  /** A shared binding that some shipped function writes: the text reads and writes its `value`. */
  Type.Object({ kind: Type.Literal('cell'), index: count }),
  /** What `path` leads to from the module. */
  Type.Object({ kind: Type.Literal('import'), index: count, path: Type.Array(Type.String()) }),
  /** What `path` leads to from the global object. */
  Type.Object({ kind: Type.Literal('global'), path: Type.Array(Type.String()) }),
  /** The names that tasks of the engine share: the text reads and writes one of them. */
  Type.Object({ kind: Type.Literal('namespace') }),
  /** `import.meta`, `import()` and `require` of the module at `url`. `root` is where Vite's paths begin. */
  Type.Object({
    kind: Type.Union([Type.Literal('meta'), Type.Literal('dynamicImport'), Type.Literal('require')]),
    url: Type.String(),
    root: Type.Union([Type.String(), Type.Null()]),
  }),
  /** Stand-ins for what tools weave into functions: esbuild's `__name`, Istanbul's counters. */
  Type.Object({ kind: Type.Literal('keepName') }),
  Type.Object({ kind: Type.Literal('counters') }),
])

const importedModule = Type.Object({
  specifier: Type.String(),
  /** The module that imports it, where relative specifiers and packages are looked up. */
  parent: Type.String(),
  /** How: `import`, or `require` and what the compiler wrapped around it. */
  form: Type.Union([
    Type.Literal('import'),
    Type.Literal('require'),
    Type.Literal('requireDefault'),
    Type.Literal('requireNamespace'),
    Type.Literal('requireNodeNamespace'),
  ]),
})

const shippedSource = Type.Object({
  name: Type.String(),
  /** An expression, or a method as it stands in an object literal. */
  form: Type.Union([Type.Literal('expression'), Type.Literal('method')]),
  text: Type.String(),
  strict: Type.Boolean(),
  /** Zero-based, where the text begins. Null where V8 could not tell. */
  location: Type.Union([Type.Object({ url: Type.String(), line: count, column: count }), Type.Null()]),
  bindings: Type.Array(Type.Object({ name: Type.String(), reference })),
  /** Enumerable properties of the function, such as a class's static fields, and of an older class's prototype. */
  properties: Type.Array(
    Type.Object({
      of: Type.Union([Type.Literal('function'), Type.Literal('prototype')]),
      key: Type.String(),
      reference,
    }),
  ),
  /** Functions that must exist before this one is defined: a base class, what a static field calls. */
  needs: Type.Array(count),
})

const inlineFunction = Type.Object({
  kind: Type.Literal('inline'),
  name: Type.String(),
  /** The first is the one that was shipped; the others are what it captures. */
  functions: Type.Array(shippedSource, { minItems: 1 }),
  values: Type.Array(Type.Unknown()),
  imports: Type.Array(importedModule),
  cells: Type.Array(reference),
  /** Functions within captured data: `values[value]` at `key` is what `reference` says. For a Map or a Set, see `at`. */
  patches: Type.Array(
    Type.Object({
      value: count,
      at: Type.Union([Type.Literal('property'), Type.Literal('mapValue'), Type.Literal('setMember')]),
      key: Type.Unknown(),
      reference,
    }),
  ),
})

export type ModuleFunctionSpec = Static<typeof moduleFunction>
export type InlineFunctionSpec = Static<typeof inlineFunction>
export type FunctionSpec = ModuleFunctionSpec | InlineFunctionSpec
export type SourceReference = Static<typeof reference>
export type ImportedModule = Static<typeof importedModule>
export type ShippedSource = Static<typeof shippedSource>

const validator = Compile(Type.Union([moduleFunction, inlineFunction]))

/**
 * Checks what came from outside.
 * @throws ProtocolError where it is not a function's travelling form
 */
export function functionSpec(value: unknown): FunctionSpec {
  if (validator.Check(value)) return value
  throw new ProtocolError('A shipped function is malformed')
}
