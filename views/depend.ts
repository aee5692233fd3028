import { ConfigurationError } from '../core/errors.ts'
import { ModuleTask } from './functions/module-task.ts'

/** With a predicate that waits, the function's result is waited for too. */
export type Dependent<Args extends readonly unknown[], Returned, Verdict> = (
  ...args: Args
) => Verdict extends PromiseLike<unknown> ? Promise<Awaited<Returned>> : Returned

/**
 * The function, for engines that can take it: there, before each call, `predicate(...given)` must say true. Where it
 * does not, the task moves to another engine, and no retry is used.
 */
export function depend<
  Args extends readonly unknown[],
  Returned,
  Given extends readonly unknown[],
  Verdict extends boolean | PromiseLike<boolean>,
>(
  fn: (...args: Args) => Returned,
  predicate: (...given: Given) => Verdict,
  ...given: Given
): Dependent<Args, Returned, Verdict> {
  for (const part of [fn, predicate] as readonly unknown[]) {
    if (typeof part === 'function') continue
    const advice = part instanceof ModuleTask ? ' Throw new UnmetDependency() in the exported function instead.' : ''
    throw new ConfigurationError(`depend takes two functions, and then what the second is called with.${advice}`)
  }
  // This travels: it must not use anything of this module but what it is given.
  const dependent = (...args: Args): unknown => {
    const decide = (verdict: boolean): Returned => {
      if (verdict) return fn(...args)
      throw Object.assign(new Error('this engine does not satisfy what the task depends on'), {
        code: 'YM_UNMET_DEPENDENCY',
      })
    }
    const verdict = predicate(...given)
    return typeof verdict === 'boolean' ? decide(verdict) : verdict.then(decide)
  }
  return dependent as Dependent<Args, Returned, Verdict>
}

/** The function, for engines where these modules are installed, seen from the directory in which the engine was started. */
export function requires<Args extends readonly unknown[], Returned>(
  fn: (...args: Args) => Returned,
  modules: string | readonly string[],
): (...args: Args) => Returned {
  const names = [modules].flat()
  if (names.some((name) => typeof name !== 'string' || name === ''))
    throw new ConfigurationError(`requires takes the names of modules: requires(fn, ['sharp'])`)
  return depend(fn, areInstalled, names)
}

/** This travels, too. A module that does not want to be loaded by `require` is installed all the same. */
function areInstalled(names: readonly string[]): boolean {
  const { createRequire } = process.getBuiltinModule('node:module')
  const { resolve } = createRequire(`${process.cwd()}/`)
  return names.every((name) => {
    try {
      resolve(name)
      return true
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    }
  })
}
