import { InternalError, ModuleError } from '../../core/errors.ts'
import type { ImportedModule, InlineFunctionSpec, ShippedSource, SourceReference } from '../../core/function-spec.ts'
import { importMeta } from './import-meta.ts'
import { importModule, importViteModule, requireFrom, requireModule } from './loader.ts'
import { sharedNames } from './namespace-scope.ts'
import { runScript } from './run-script.ts'

export type Revived = (...args: unknown[]) => unknown

/** What a compiled text gives: the function, and a way to fill in bindings that did not exist when it was made. */
type Definition = (values: unknown[]) => { readonly made: unknown; bind(): void }

export async function reviveInline(spec: InlineFunctionSpec): Promise<Revived> {
  const modules = await Promise.all(spec.imports.map(loadImport))
  return new Reviver(spec, modules).revive()
}

class Reviver {
  readonly #spec: InlineFunctionSpec
  readonly #modules: readonly unknown[]
  readonly #made: (Revived | undefined)[]
  readonly #cells: { value: unknown }[]

  constructor(spec: InlineFunctionSpec, modules: readonly unknown[]) {
    this.#spec = spec
    this.#modules = modules
    this.#made = spec.functions.map(() => undefined)
    this.#cells = spec.cells.map((reference) => ({ value: this.#resolve(reference) }))
  }

  revive(): Revived {
    const { functions, patches, values } = this.#spec
    const binders: (() => void)[] = []
    for (const index of definitionOrder(functions)) binders.push(this.#define(index))
    for (const bind of binders) bind()
    for (const { value, at, key, reference } of patches) put(values[value], at, key, this.#resolve(reference))
    functions.forEach(({ properties }, index) => {
      for (const { of, key, reference } of properties) {
        const owner: unknown = of === 'function' ? this.#made[index] : this.#made[index]?.prototype
        put(owner, 'property', key, this.#resolve(reference))
      }
    })
    const [root] = this.#made
    if (!root) throw new InternalError('A shipped function has no root')
    return root
  }

  #define(index: number): () => void {
    const source = this.#spec.functions[index]
    if (!source) throw new InternalError(`A shipped function refers to function ${index}, which is not there`)
    const values = source.bindings.map(({ reference }) => this.#resolve(reference))
    const { made, bind } = compile(source)(values)
    const fn = source.form === 'method' ? methodOf(made) : made
    if (!isFunction(fn)) throw new InternalError(`The text of '${source.name}' is no function`)
    if (fn.name !== source.name) keepName(fn, source.name)
    this.#made[index] = fn
    this.#spec.cells.forEach((reference, at) => {
      const cell = this.#cells[at]
      if (cell && reference.kind === 'function' && reference.index === index) cell.value = fn
    })
    return () => {
      source.bindings.forEach(({ reference }, at) => {
        if (reference.kind === 'function') values[at] = this.#resolve(reference)
      })
      bind()
    }
  }

  #resolve(reference: SourceReference): unknown {
    switch (reference.kind) {
      case 'value':
        return this.#spec.values[reference.index]
      case 'function':
        return this.#made[reference.index]
      case 'cell':
        return this.#cells[reference.index]
      case 'import':
        return follow(this.#modules[reference.index], reference.path)
      case 'global':
        return follow(globalThis, reference.path)
      case 'namespace':
        return sharedNames
      case 'meta':
        return importMeta(reference.url)
      case 'dynamicImport':
        return dynamicImport(reference.url, reference.root)
      case 'require':
        return requireFrom(reference.url)
      case 'keepName':
        return keepName
      case 'counters':
        return () => counters
    }
  }
}

/** Bases and what static fields need first; the others in the order of the table. */
function definitionOrder(functions: readonly ShippedSource[]): Set<number> {
  const order = new Set<number>()
  const entered = new Set<number>()
  for (let root = 0; root < functions.length; root += 1) {
    const pending: { index: number; leaving: boolean }[] = [{ index: root, leaving: false }]
    for (let next = pending.pop(); next; next = pending.pop()) {
      const source = functions[next.index]
      if (next.leaving) order.add(next.index)
      else if (source && !entered.has(next.index)) {
        entered.add(next.index)
        pending.push({ index: next.index, leaving: true })
        const isClass = /^class\b/.test(source.text)
        for (const index of isClass ? source.needs : neededAtCall(source)) pending.push({ index, leaving: false })
      }
    }
  }
  return order
}

/** A function that a class calls while it is being defined must find what it uses. */
function neededAtCall({ bindings }: ShippedSource): number[] {
  return bindings.flatMap(({ reference }) => (reference.kind === 'function' ? [reference.index] : []))
}

const valuesName = '__yardmaster_values__'

/** Compiles under the user's file and line, so that stacks and debuggers show them. */
function compile({ text, form, strict, bindings, location }: ShippedSource): Definition {
  const isLate = (reference: SourceReference): boolean => reference.kind === 'function'
  const declarations = bindings.map(
    ({ name, reference }, at) => `${isLate(reference) ? 'let' : 'const'} ${name}=${valuesName}[${at}];`,
  )
  const assignments = bindings.map(({ name, reference }, at) =>
    isLate(reference) ? `${name}=${valuesName}[${at}];` : '',
  )
  const [open, close] = form === 'method' ? ['({', '})'] : ['(', ')']
  const head = `(function(${valuesName}){${strict ? '"use strict";' : ''}${declarations.join('')}return{bind(){${assignments.join('')}},made:${open}`
  return runScript(`${head}${text}\n${close}}})`, {
    filename: location?.url ?? 'yardmaster:function',
    line: location?.line ?? 0,
    // What stands before the text moves to the left of the line.
    column: (location?.column ?? 0) - head.length,
  }) as Definition
}

/** The one method, getter or setter of an object literal. */
function methodOf(literal: unknown): unknown {
  const descriptors = Object.getOwnPropertyDescriptors(Object(literal))
  const [key] = Reflect.ownKeys(descriptors)
  const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(Object(literal), key)
  return descriptor?.value ?? descriptor?.get ?? descriptor?.set
}

function isFunction(value: unknown): value is Revived {
  return typeof value === 'function'
}

/** esbuild's `__name`. */
function keepName<Fn extends object>(fn: Fn, name: string): Fn {
  return Object.defineProperty(fn, 'name', { value: name, configurable: true })
}

function put(holder: unknown, at: InlineFunctionSpec['patches'][number]['at'], key: unknown, value: unknown): void {
  if (at === 'mapValue' && holder instanceof Map) holder.set(key, value)
  else if (at === 'setMember' && holder instanceof Set) holder.add(value)
  else if (isHolder(holder)) {
    // A definition, not an assignment: nobody's setter runs, and `__proto__` is a name like any other.
    const property = { value, writable: true, enumerable: true, configurable: true }
    Object.defineProperty(holder, String(key), property)
  }
}

function follow(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isHolder(at) ? Reflect.get(at, key) : undefined), root)
}

function isHolder(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

async function loadImport({ specifier, parent, form }: ImportedModule): Promise<unknown> {
  if (form === 'import') return importModule(specifier, parent)
  const module = await requireModule(specifier, parent)
  const isEsModule = isHolder(module) && Reflect.get(module, '__esModule') === true
  switch (form) {
    case 'requireDefault':
      return isEsModule ? module : { default: module }
    case 'requireNamespace':
      return isEsModule ? module : { ...Object(module), default: module }
    case 'requireNodeNamespace':
      return { ...Object(module), default: module }
    default:
      return module
  }
}

/** `import()` in the text of the module at `url`: it fails as Node fails, for the text may look at the error's code. */
function dynamicImport(url: string, root: string | null): (specifier: unknown) => Promise<unknown> {
  return async (specifier) => {
    try {
      if (root !== null) return await importViteModule(String(specifier), url, root)
      return await importModule(String(specifier), url)
    } catch (error) {
      throw error instanceof ModuleError && error.cause !== undefined ? error.cause : error
    }
  }
}

/** Takes Istanbul's `cov_x().s[3]++` and forgets it. */
const counters: object = new Proxy(Object.create(null), {
  get: (_target, key) => (key === Symbol.toPrimitive ? () => 0 : counters),
  set: () => true,
})
