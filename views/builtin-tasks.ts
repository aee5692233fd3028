import { type BuiltinFunctions, namespaceUrl, sourceUrl } from '../core/builtin-functions.ts'
import { ModuleTask } from './functions/module-task.ts'

/** Handles of the functions that every engine has. */
export const builtinTasks = {
  push: builtin(namespaceUrl, 'push'),
  pull: builtin(namespaceUrl, 'pull'),
  pullAll: builtin(namespaceUrl, 'pullAll'),
  pullList: builtin(namespaceUrl, 'pullList'),
  clear: builtin(namespaceUrl, 'clear'),
  importModule: builtin(namespaceUrl, 'importModule'),
  execute: builtin(sourceUrl, 'execute'),
}

function builtin<Url extends keyof BuiltinFunctions, Name extends string & keyof BuiltinFunctions[Url]>(
  url: Url,
  name: Name,
): ModuleTask<Extract<BuiltinFunctions[Url][Name], (...args: never[]) => unknown>> {
  return new ModuleTask(url, name)
}
