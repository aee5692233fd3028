/**
 * Functions that every engine has, without a module to load. They travel like module functions, under these URLs; a
 * call of them is an ordinary task.
 */
export const namespaceUrl = 'yardmaster:namespace'
export const sourceUrl = 'yardmaster:source'

/** On the names that tasks of one engine share. */
export interface NamespaceFunctions {
  push(values: Readonly<Record<string, unknown>>): void
  /** Throws a ReferenceError that names what is missing. */
  pull(name: string): unknown
  pullAll(names: readonly string[]): unknown[]
  /** As `pull`, of what must be an array or a typed array. */
  pullList(name: string): unknown
  clear(): void
  /** Binds the module's namespace object; ends when it has loaded. A relative specifier is looked up from `parent`, a URL. */
  importModule(specifier: string, parent: string, name: string): unknown
}

/** A text of JavaScript, rewritten so that its top-level names are those of the namespace around it. */
export interface SourceProgram {
  /** The statements; of imports and top-level functions only the lines are left. */
  readonly body: string
  readonly strict: boolean
  /** What stacks show, and `import.meta.url` is: the URL of a file, or a name for people. */
  readonly name: string
  /** Relative specifiers are looked up from this URL; packages too, unless it is a folder (`…/`). */
  readonly parent: string
  readonly imports: readonly SourceImport[]
  readonly functions: readonly SourceFunction[]
  /** Declared by `var`: there from the beginning. */
  readonly variables: readonly string[]
  /** All names that the text defines. */
  readonly defines: readonly string[]
}

export interface SourceImport {
  readonly specifier: string
  /** `*` is the module itself. */
  readonly names: readonly (readonly [local: string, exported: string])[]
}

/** A top-level function, as an expression without its name. */
export interface SourceFunction {
  readonly name: string
  readonly text: string
  /** Zero-based. */
  readonly line: number
  readonly column: number
}

interface SourceFunctions {
  /** Gives the value of the last expression, unless it is a function or a symbol. */
  execute(program: SourceProgram): unknown
}

export interface BuiltinFunctions {
  readonly [namespaceUrl]: NamespaceFunctions
  readonly [sourceUrl]: SourceFunctions
}

/** What the text of a program calls in the place of `import()`, `import.meta`, and a name behind `typeof`. */
export const programNames = {
  import: '__yardmaster_import__',
  meta: '__yardmaster_meta__',
  lenient: '__yardmaster_names__',
} as const
