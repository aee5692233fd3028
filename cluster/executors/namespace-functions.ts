import type { NamespaceFunctions } from '../../core/builtin-functions.ts'
import { currentTask } from '../task-context.ts'
import { importModule } from './loader.ts'

/** What direct views do with the names that the tasks of this engine share. */
export const namespaceFunctions: NamespaceFunctions = {
  push: (values) => void Object.assign(currentTask().namespace, values),
  pull: valueNamed,
  pullAll: (names) => names.map(valueNamed),
  pullList(name) {
    const value = valueNamed(name)
    if (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return value
    throw new TypeError(`'${name}' is no array and no typed array here, so it cannot be gathered`)
  },
  clear() {
    const { namespace } = currentTask()
    for (const name of Object.keys(namespace)) delete namespace[name]
  },
  async importModule(specifier, parent, name) {
    const { namespace } = currentTask()
    namespace[name] = await importModule(specifier, parent)
  },
}

function valueNamed(name: string): unknown {
  const { namespace } = currentTask()
  if (Object.hasOwn(namespace, name)) return namespace[name]
  throw new ReferenceError(`'${name}' is not defined in the namespace`)
}
