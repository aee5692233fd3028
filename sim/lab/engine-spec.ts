import { ConfigurationError } from '../../core/errors.ts'

/** One engine. */
export interface EngineSpec {
  /** How many cores tasks may occupy at a time. Default 1. */
  readonly cores?: number
  /** How much memory the tasks that run at a time may take. Default: more than all of them need. */
  readonly memoryBytes?: number
  /** A task of `durationMs` takes `durationMs / speed`. Default 1. */
  readonly speed?: number
}

/** So many equal engines. */
export function engines(count: number, spec: EngineSpec = {}): readonly EngineSpec[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigurationError(`there must be a whole number of engines from 1 on, not ${count}`)
  }
  return Array.from({ length: count }, () => spec)
}

/** Whether a task that needs so much can run there, when nothing else does. */
export function fitsAlone({ cores = 1, memoryBytes = Infinity }: EngineSpec, needed: number, bytes: number): boolean {
  return needed <= cores && bytes <= memoryBytes
}

/** Throws a `ConfigurationError` for what no engine can have. */
export function checkEngines(specs: readonly EngineSpec[]): void {
  if (specs.length === 0) throw new ConfigurationError('there must be an engine')
  specs.forEach(({ cores = 1, memoryBytes = Infinity, speed = 1 }, engine) => {
    if (!Number.isInteger(cores) || cores < 1) {
      throw new ConfigurationError(`engine ${engine}: cores must be a whole number from 1 on, not ${cores}`)
    }
    if (!(memoryBytes > 0)) {
      throw new ConfigurationError(`engine ${engine}: memoryBytes must be a number above 0, not ${memoryBytes}`)
    }
    if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
      throw new ConfigurationError(`engine ${engine}: speed must be a number above 0, not ${speed}`)
    }
  })
}
