import type { ImportedModule, InlineFunctionSpec, ShippedSource, SourceReference } from '../../core/function-spec.ts'
import { boundOf } from './bind.ts'
import { builtinExport } from './builtin-exports.ts'
import { type Callable, isCallable, nameOf, textOf } from './callable.ts'
import { captureError, type Trail } from './capture-error.ts'
import { CapturedData } from './captured-data.ts'
import type { Source } from './captured-source.ts'
import { type FreeName, type FunctionShape, functionShape } from './function-shape.ts'
import { readSurroundings, readsScopes, releaseSurroundings, uninitialized, valueIn } from './inspector.ts'
import { isModuleNamespaceObject } from './object-kinds.ts'
import { type Replacement, rewrite } from './rewrite.ts'
import type { Variable } from './scope.ts'
import { fromViteId, type Script, scriptWithId, viteRoot } from './script.ts'
import { sharedCells } from './shared-cells.ts'

/** How long a capture stays true. `constant`: as long as the function. `data`: its data may change, its bindings cannot. */
type Lifetime = 'constant' | 'data' | 'bindings'

export interface Captured {
  readonly spec: InlineFunctionSpec
  readonly lifetime: Lifetime
  /** All functions that travel, in the order of the spec. */
  readonly functions: readonly Callable[]
  /** How each of `spec.values` was reached. */
  readonly trails: readonly Trail[]
}

/** @throws CaptureError naming what cannot travel */
export function capture(fn: Callable): Captured {
  try {
    return new Capture().run(fn)
  } finally {
    releaseSurroundings()
  }
}

class Capture {
  readonly #sources: Source[] = []
  readonly #indexes = new Map<Callable, number>()
  readonly #imports: ImportedModule[] = []
  readonly #importIndexes = new Map<string, number>()
  readonly #data = new CapturedData((value, trail) => this.#functionOrImport(value, trail))
  #lifetime: Lifetime = 'constant'

  run(root: Callable): Captured {
    this.#functionIndex(root, [nameOf(root)])
    // The list grows while it is walked: no recursion, however long the chain.
    for (const source of this.#sources) this.#examine(source)
    const { cells, cellOf } = sharedCells(this.#sources)
    const functions = this.#sources.map((source) => this.#shipped(source, cellOf(source)))
    const { values, patches, trails } = this.#data.finish()
    const spec: InlineFunctionSpec = {
      kind: 'inline',
      name: nameOf(root),
      functions,
      values,
      imports: this.#imports,
      cells,
      patches,
    }
    if (patches.length > 0) this.#lifetime = 'bindings'
    return { spec, lifetime: this.#lifetime, functions: this.#sources.map(({ fn }) => fn), trails }
  }

  #functionIndex(fn: Callable, trail: Trail): number {
    const known = this.#indexes.get(fn)
    if (known !== undefined) return known
    const bound = boundOf(fn)
    const text = textOf(bound?.target ?? fn)
    const shape = functionShape(text)
    if (!shape) throw unparsable(fn, text, trail)
    refuseOutside(shape, trail)
    const index = this.#sources.length
    this.#indexes.set(fn, index)
    this.#sources.push(sourceOf(fn, shape, trail, bound?.target))
    return index
  }

  #functionOrImport(value: Callable, trail: Trail): SourceReference {
    const builtin = this.#indexes.has(value) ? undefined : builtinExport(value)
    if (builtin) return this.#import({ specifier: builtin.specifier, parent: '', form: 'import' }, builtin.path)
    return { kind: 'function', index: this.#functionIndex(value, trail) }
  }

  #import(module: ImportedModule, path: readonly string[]): SourceReference {
    const key = JSON.stringify(module)
    const index = this.#importIndexes.get(key) ?? this.#imports.push(module) - 1
    this.#importIndexes.set(key, index)
    return { kind: 'import', index, path: [...path] }
  }

  #examine(source: Source): void {
    for (const free of source.shape.free.values()) this.#resolve(source, free)
    const { shape, script } = source
    const url = script?.url ?? ''
    if (shape.importKeywords.length > 0) source.fixed.push({ name: importName, reference: dynamicImport(url) })
    if (shape.importMetas.length > 0)
      source.fixed.push({ name: metaName, reference: { kind: 'meta', url, root: null } })
    source.properties = this.#properties(source)
  }

  #resolve(source: Source, free: FreeName): void {
    const { name } = free
    const { scopes, script, literal } = source
    const trail = [...source.trail, name]
    const values = boundOf(source.fn)?.values
    if (values && Object.hasOwn(values, name)) {
      source.fixed.push({ name, reference: this.#reference(values[name], trail, name) })
      return
    }
    const found = scopes.findIndex(({ object }) => Object.hasOwn(object, name))
    if (name === 'arguments') throw argumentsError(source.trail)
    if (found < 0 && name === source.shape.base && !Object.hasOwn(globalThis, name)) {
      // V8 keeps no binding that only the class's definition needed, but the class knows its base.
      source.fixed.push({ name, reference: this.#reference(Object.getPrototypeOf(source.fn), trail, name) })
      return
    }
    if (found < 0 && !isReplVariable(name, script)) {
      this.#nowhere(source, free)
      return
    }
    const scopeIndex = found < 0 ? scopes.length : found
    const scope = scopes[found]
    const value = scope ? valueIn(scope, name) : Reflect.get(globalThis, name)
    const woven = wovenReference(name, value, script?.url ?? '')
    if (woven) {
      source.fixed.push({ name, reference: woven })
      return
    }
    const variable = literal?.scope.find(name)
    const origin = variable && literal && script?.originOf(variable, literal.scope)
    if (origin && script) {
      const specifier = origin.isViteId ? fromViteId(origin.specifier, viteRoot()) : origin.specifier
      this.#bindImport(source, name, { specifier, parent: script.url, form: origin.form }, origin.path, origin.live)
      return
    }
    if (isModuleNamespaceObject(value))
      throw captureError(
        trail,
        'is a module whose origin cannot be told',
        `Import it with 'import * as ${name} from …', or call import() inside the function.`,
      )
    if (isUninitialized(variable, value))
      throw captureError(trail, 'has no value yet', 'Ship the function after that line has run.')
    if (!variable || variable.kind === 'var' || variable.writes > 0) this.#lifetime = 'bindings'
    const reference =
      name === 'exports' && free.members
        ? this.#exportsReference(value, free.members, trail)
        : this.#reference(value, trail, name)
    source.variables.push({ name, scopeIndex, variable, writes: free.writes, reference })
  }

  /** Not in any closure: a global, which every engine has, or else a name of the engine's namespace, if it has it. */
  #nowhere(source: Source, { name, uses, writes }: FreeName): void {
    if (name in globalThis || uses.some(({ form }) => form === 'typeof')) return
    if (!readsScopes) {
      // Where it is esbuild's, it only keeps a name.
      if (name === '__name') source.fixed.push({ name, reference: { kind: 'keepName' } })
      else throw unreadable(source, name)
      return
    }
    // Sloppy code makes globals so.
    if (writes && !isStrict(source)) return
    const holder = unusedName(source.shape.text, name)
    source.fixed.push({ name, reference: { kind: 'namespace' }, replacement: { holder, member: name } })
  }

  #bindImport(source: Source, name: string, module: ImportedModule, path: readonly string[], live: boolean): void {
    const member = live ? path.at(-1) : undefined
    if (member === undefined) {
      source.fixed.push({ name, reference: this.#import(module, path) })
      return
    }
    const holder = unusedName(source.shape.text, name)
    const reference = this.#import(module, path.slice(0, -1))
    source.fixed.push({ name, reference, replacement: { holder, member } })
  }

  /** A value by which a name is bound. `name` tells compilers' helpers, which may be native functions. */
  #reference(value: unknown, trail: Trail, name: string): SourceReference {
    if (isCallable(value)) {
      const path = name.startsWith('__') ? intrinsicPath(value) : undefined
      return path ? { kind: 'global', path } : this.#functionOrImport(value, trail)
    }
    if (typeof value !== 'object' || value === null) return this.#data.add(value, trail)
    const builtin = builtinExport(value)
    if (builtin) return this.#import({ specifier: builtin.specifier, parent: '', form: 'import' }, builtin.path)
    if (this.#lifetime === 'constant') this.#lifetime = 'data'
    return this.#data.add(value, trail)
  }

  /** TypeScript's CommonJS reads a file's own exports as `exports.x`: only those that are used travel. */
  #exportsReference(value: unknown, members: ReadonlySet<string>, trail: Trail): SourceReference {
    const used = Object.fromEntries([...members].map((key) => [key, Reflect.get(Object(value), key)]))
    this.#lifetime = 'bindings'
    return this.#data.add(used, trail)
  }

  #properties({ fn, shape, trail }: Source): ShippedSource['properties'] {
    const properties: ShippedSource['properties'] = []
    const add = (of: 'function' | 'prototype', object: object): void => {
      for (const key of Object.keys(object)) {
        const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value
        if (shape.kind === 'class' && !isPlain(value)) continue
        this.#lifetime = 'bindings'
        properties.push({ of, key, reference: this.#reference(value, [...trail, key], key) })
      }
    }
    add('function', fn)
    if (shape.kind !== 'function') return properties
    const prototype: unknown = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value
    if (typeof prototype !== 'object' || prototype === null || !Object.hasOwn(prototype, 'constructor'))
      return properties
    if (!isRootPrototype(Object.getPrototypeOf(prototype)))
      throw captureError(trail, 'inherits by its prototype', `Write it as a class with 'extends'.`)
    add('prototype', prototype)
    return properties
  }

  #shipped(source: Source, cells: ReadonlyMap<string, number>): ShippedSource {
    const { fn, shape, literal, script, location } = source
    const replacements = new Map<string, Replacement>()
    const bindings: { name: string; reference: SourceReference }[] = []
    for (const { name, reference, replacement } of source.fixed) {
      if (replacement) replacements.set(name, replacement)
      bindings.push({ name: replacement?.holder ?? name, reference })
    }
    for (const { name, reference } of source.variables) {
      const cell = cells.get(name)
      if (cell === undefined) {
        bindings.push({ name, reference })
        continue
      }
      const holder = unusedName(shape.text, name)
      replacements.set(name, { holder, member: 'value' })
      bindings.push({ name: holder, reference: { kind: 'cell', index: cell } })
    }
    const isMapped = literal && location && script?.isMapped
    const lineOf = isMapped
      ? (position: number) => {
          const line = script.locate(literal.start + position)?.line
          return line === undefined ? undefined : line - location.line
        }
      : undefined
    return {
      name: nameOf(fn),
      form: shape.form,
      text: rewrite(shape, { replacements, importName, metaName, lineOf }),
      strict: isStrict(source),
      location,
      bindings,
      properties: source.properties,
      needs: [...source.variables, ...source.fixed].flatMap(({ name, reference }) =>
        reference.kind === 'function' && shape.free.get(name)?.eager ? [reference.index] : [],
      ),
    }
  }
}

const importName = '__yardmaster_import__'
const metaName = '__yardmaster_meta__'

function sourceOf(fn: Callable, shape: FunctionShape, trail: Trail, target = fn): Source {
  const { position, scopes } = readSurroundings(target)
  const script = position && scriptWithId(position.scriptId)
  const literal = position && script?.literalAt(position, shape.text)
  const location = (literal && script?.locate(literal.start)) ?? null
  return { fn, shape, trail, scopes, script, literal, location, variables: [], fixed: [], properties: [] }
}

function isStrict({ fn, shape, script }: Source): boolean {
  return shape.strict ?? script?.isStrict ?? !Object.hasOwn(fn, 'caller')
}

function dynamicImport(url: string): SourceReference {
  return { kind: 'dynamicImport', url, root: null }
}

const nodeGlobals = new Set(
  'global clearImmediate setImmediate clearInterval clearTimeout setInterval setTimeout queueMicrotask structuredClone atob btoa performance fetch navigator crypto'.split(
    ' ',
  ),
)

/** What is declared at Node's prompt becomes a property of the global object. */
function isReplVariable(name: string, script: Script | undefined): boolean {
  if (!script?.url.startsWith('REPL') || nodeGlobals.has(name)) return false
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name)
  return descriptor?.enumerable === true && 'value' in descriptor
}

/** esbuild's `__name`, whatever a minifier has called it. */
const keepNameText =
  /^\([\w$]+,\s*[\w$]+\)\s*=>\s*[\w$]+\([\w$]+,\s*["']name["'],\s*\{\s*value(:\s*[\w$]+)?,\s*configurable:\s*(true|!0)\s*\}\)$/

/** What tools put around user code. */
function wovenReference(name: string, value: unknown, url: string): SourceReference | undefined {
  if (isCallable(value) && keepNameText.test(textOf(value))) return { kind: 'keepName' }
  switch (name) {
    case '__vite_ssr_import_meta__':
      return { kind: 'meta', url, root: null }
    case '__vite_ssr_dynamic_import__':
      return { kind: 'dynamicImport', url, root: viteRoot() }
    case 'require':
      return isCallable(value) && 'resolve' in value ? { kind: 'require', url, root: null } : undefined
  }
  return isCallable(value) && /^cov_[0-9a-z]+$/.test(name) ? { kind: 'counters' } : undefined
}

function unusedName(text: string, name: string): string {
  let unused = `$${name}`
  while (text.includes(unused)) unused = `$${unused}`
  return unused
}

function unparsable(fn: Callable, text: string, trail: Trail): Error {
  const name = nameOf(fn)
  if (name.startsWith('bound '))
    return captureError(trail, 'is a bound function', `Write an arrow function that calls '${name.slice(6)}'.`)
  if (/\{\s*\[native code\]\s*\}$/.test(text))
    return captureError(
      trail,
      'is a native function',
      `Write '(...args) => ${name || 'fn'}(...args)', or call it inside the function.`,
    )
  return captureError(
    trail,
    'has a syntax that cannot be read',
    `Export it, and ship task(import.meta.url, '${name}').`,
  )
}

/** Where nobody can look into a closure, what it uses has to be handed over. */
function unreadable({ trail }: Source, name: string): Error {
  return captureError(
    [...trail, name],
    'cannot be read: a browser lets nobody look into the scopes around a function',
    `Pass it as an argument, or give it by name: bind({ ${name}: … }, fn), with 'declare const ${name}' where no bundler renames it; or ship an export, by task(url, 'name').`,
  )
}

function refuseOutside({ kind, outside }: FunctionShape, trail: Trail): void {
  if (outside.super)
    throw captureError(trail, `uses 'super'`, 'Ship the whole class, or write a function that takes what it needs.')
  if (outside.privateName !== undefined)
    throw captureError(trail, `uses the private name '#${outside.privateName}'`, 'Ship the whole class.')
  if (outside.newTarget && kind === 'arrow')
    throw captureError(trail, `uses 'new.target' of the function around it`, 'Keep it in a variable, and capture that.')
  // A method of captured data has its own `this` again on the engine; one that is shipped alone has none.
  if (outside.this && (kind !== 'method' || trail.length === 1))
    throw captureError(
      trail,
      `uses 'this', which does not travel`,
      `Put what it needs into constants first: 'const { x } = this', and use 'x'.`,
    )
}

function argumentsError(trail: Trail): Error {
  return captureError(trail, `uses 'arguments' of the function around it`, `Take '...args' as a parameter instead.`)
}

/** Whether it is read before its line has run. Where V8 does not say so, the text may: it cannot be undefined. */
function isUninitialized(variable: Variable | undefined, value: unknown): boolean {
  if (value === uninitialized) return true
  if (value !== undefined || !variable) return false
  if (variable.kind === 'class') return true
  const { declaration } = variable
  if (variable.kind !== 'const' || declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'Identifier')
    return false
  const { init } = declaration
  return init?.type === 'Literal' || /(Function|Class|Object|Array|New)Expression$/.test(init?.type ?? '')
}

function isRootPrototype(prototype: unknown): boolean {
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'symbol' || typeof value === 'function') return false
  if (typeof value !== 'object' || value === null) return true
  return (
    Array.isArray(value) ||
    isRootPrototype(Object.getPrototypeOf(value)) ||
    isNative(value, 'Map', 'Set', 'Date', 'ArrayBuffer', 'SharedArrayBuffer') ||
    ArrayBuffer.isView(value)
  )
}

/** By its tag: it may come from another realm. */
function isNative(value: object, ...names: readonly string[]): boolean {
  return names.includes(Object.prototype.toString.call(value).slice('[object '.length, -1))
}

const intrinsicHolders = ['Object', 'Reflect', 'Array', 'Function', 'Symbol', 'Promise', 'Math', 'JSON'] as const

/** Where every engine has this native function: `Object.defineProperty`, `Object.prototype.hasOwnProperty`. */
function intrinsicPath(value: Callable): string[] | undefined {
  for (const holder of intrinsicHolders) {
    for (const path of [[holder], [holder, 'prototype']]) {
      const object: unknown = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), globalThis)
      for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(Object(object))))
        if (descriptor.value === value) return [...path, key]
    }
  }
  return undefined
}
