import { programNames, type SourceImport, type SourceProgram } from '../../core/builtin-functions.ts'
import { ModuleError } from '../../core/errors.ts'
import { currentTask } from '../task-context.ts'
import { importMeta } from './import-meta.ts'
import { importModule } from './loader.ts'
import { lenientNames, namespaceScope } from './namespace-scope.ts'
import { runScript } from './run-script.ts'

type Namespace = Record<string, unknown>

/** Runs a program whose top-level names are those of the engine's namespace. */
export async function executeSource(program: SourceProgram): Promise<unknown> {
  const { namespace } = currentTask()
  const load = (specifier: unknown): Promise<unknown> => importFrom(program.parent, String(specifier))
  for (const declaration of program.imports) await bindImport(declaration, load, namespace)
  for (const name of program.variables) if (!Object.hasOwn(namespace, name)) namespace[name] = undefined
  const surroundings: Surroundings = {
    [scopeName]: namespaceScope(namespace, new Set(program.defines)),
    [programNames.import]: load,
    [programNames.meta]: importMeta(program.name),
    [programNames.lenient]: lenientNames(namespace),
  }
  for (const { name, text, line, column } of program.functions) {
    const location = { name: program.name, line, column: column - name.length - 1 }
    compile(`()=>{${directive(program)}`, `${name}=${text}`, location, surroundings, namespace)()
  }
  const location = { name: program.name, line: 0, column: 0 }
  const value = await compile(`async()=>{${directive(program)}`, program.body, location, surroundings, namespace)()
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
}

const scopeName = '__yardmaster_scope__'

type Surroundings = Readonly<Record<string, unknown>>

interface Location {
  readonly name: string
  readonly line: number
  readonly column: number
}

function directive({ strict }: SourceProgram): string {
  return strict ? '"use strict";' : ''
}

/** Under the user's lines, so that stacks show them. Only sloppy code may say `with`; the text within may be strict. */
function compile(
  opening: string,
  text: string,
  { name, line, column }: Location,
  surroundings: Surroundings,
  namespace: Namespace,
): () => unknown {
  const head = `(function(${Object.keys(surroundings).join()}){with(${scopeName}){return ${opening}`
  // What stands before the text moves to the left of the line.
  const place = { filename: name, line, column: column - head.length }
  const opened = runScript(`${head}${text}\n}}})`, place) as (...values: unknown[]) => () => unknown
  return Reflect.apply(opened, namespace, Object.values(surroundings))
}

/** A folder is where the client works: its own files are meant, but the packages are this engine's. */
function importFrom(parent: string, specifier: string): Promise<unknown> {
  const isPackage = !/^\.{0,2}\//.test(specifier)
  return importModule(specifier, isPackage && parent.endsWith('/') ? '' : parent)
}

async function bindImport(
  { specifier, names }: SourceImport,
  load: (specifier: string) => Promise<unknown>,
  namespace: Namespace,
): Promise<void> {
  const module = Object(await load(specifier)) as object
  for (const [local, exported] of names) {
    if (exported !== '*' && !(exported in module))
      throw new ModuleError(`The module ${specifier} has no export '${exported}'.`, {
        details: { specifier, exported },
      })
    namespace[local] = exported === '*' ? module : Reflect.get(module, exported)
  }
}
