/** What a running task may use of the engine beneath it. */
export { UnmetDependencyError as UnmetDependency } from './core/errors.ts'
