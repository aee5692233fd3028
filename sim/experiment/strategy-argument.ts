import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { importModule } from '../../cluster/executors/loader.ts'
import { ConfigurationError, ModuleError } from '../../core/errors.ts'
import { resolveStrategy, strategies } from '../../scheduler/strategies/named.ts'
import { type Choose, type Strategy, strategy } from '../../scheduler/strategies/strategy.ts'
import { contentHash, type StrategyRef } from './cell.ts'

/**
 * A strategy by name, or `MODULE[#export]`: a file and one of its exports, else the default one, which is a strategy or only its rule.
 * @throws ConfigurationError for an unknown name
 * @throws ModuleError where the module does not load, or exports no strategy
 */
export async function strategyArgument(argument: string): Promise<{ ref: StrategyRef; strategy: Strategy }> {
  if (!/[./\\#]/.test(argument)) {
    const found = named(argument)
    return { ref: { name: found.name }, strategy: found }
  }
  const mark = argument.lastIndexOf('#')
  const isWhole = mark === -1 || isFile(argument)
  const file = path.resolve(isWhole ? argument : argument.slice(0, mark))
  if (!isFile(file))
    throw new ModuleError(`there is no module ${file}. Name a .js, .mjs or .ts file.`, { details: { file } })
  const url = pathToFileURL(file).href
  const exportName = isWhole ? 'default' : argument.slice(mark + 1) || 'default'
  const found = await loaded(url, exportName)
  return { ref: { name: found.name, url, exportName, hash: contentHash(readFileSync(file)) }, strategy: found }
}

/** @throws ModuleError where the module is not what it was, too */
export async function strategyOf(ref: StrategyRef): Promise<Strategy> {
  if (!('url' in ref)) return resolveStrategy(ref.name)
  if (contentHash(readFileSync(fileURLToPath(ref.url))) !== ref.hash) {
    throw new ModuleError(`${fileURLToPath(ref.url)} has changed since the runs began`, { details: { url: ref.url } })
  }
  return loaded(ref.url, ref.exportName)
}

function named(name: string): Strategy {
  try {
    return resolveStrategy(name)
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause
    throw new ConfigurationError(
      `There is no strategy '${name}'. Name one of ${Object.keys(strategies).join(', ')}, or a module file, as in ./${name}.ts`,
      { cause, details: { strategy: name } },
    )
  }
}

async function loaded(url: string, exportName: string): Promise<Strategy> {
  const module = await importModule(url)
  const found = exportOf(module, exportName)
  if (typeof found === 'function') {
    const { name } = found
    const given = name === '' || name === 'default' ? path.parse(fileURLToPath(url)).name : name
    return strategy(given, found as Choose)
  }
  if (isStrategy(found)) return found
  const problem =
    found === undefined ? `has no export '${exportName}'` : `exports '${exportName}', which is no strategy`
  throw new ModuleError(
    `The module ${fileURLToPath(url)} ${problem}. It must export what strategy(name, …) gives, or a rule (task, engines, random) => engine.`,
    { details: { url, exportName } },
  )
}

/** Modules that are compiled to CommonJS have their exports on `default`. */
function exportOf(module: unknown, name: string): unknown {
  const places = [property(module, name), property(property(module, 'default'), name)]
  return places.find((one) => typeof one === 'function' || isStrategy(one)) ?? places[0]
}

function isStrategy(value: unknown): value is Strategy {
  return typeof property(value, 'name') === 'string' && typeof property(value, 'start') === 'function'
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}

function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile()
}
