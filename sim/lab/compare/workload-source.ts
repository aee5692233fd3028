import { ConfigurationError } from '../../../core/errors.ts'
import { type DrawnWorkload, drawnWorkload } from '../generate/workload-generators.ts'
import type { Workload } from '../workload.ts'

/** What strategies are compared on, under a name. */
export interface WorkloadSource extends DrawnWorkload {
  readonly name: string
  /** Whether it is the same for each seed. */
  readonly isFixed: boolean
}

/** A workload that is what it is: of a file, or made by hand. */
export function fixedWorkload(name: string, workload: Workload): WorkloadSource {
  const offered = offeredBy(workload)
  return { name, isFixed: true, draw: () => workload, ...(offered === undefined ? {} : { offered }) }
}

/**
 * A workload that is drawn anew in each repetition.
 * @param spec as in `poisson:perSecond=80,tasks=50000,durations=exponential:100`, or what draws one
 * @throws ConfigurationError for a specification that is none
 */
export function generatedWorkload(spec: string | DrawnWorkload, name = typeof spec === 'string' ? spec : 'generated') {
  const source: WorkloadSource = { ...(typeof spec === 'string' ? drawnWorkload(spec) : spec), name, isFixed: false }
  return source
}

/** Work a time, over the time in which tasks arrive; undefined where all come at once. */
function offeredBy({ size, arrivalMs, durationMs, cores }: Workload): number | undefined {
  let [first, last, work] = [Number.POSITIVE_INFINITY, 0, 0]
  for (let task = 0; task < size; task += 1) {
    first = Math.min(first, arrivalMs[task] as number)
    last = Math.max(last, arrivalMs[task] as number)
    work += (durationMs[task] as number) * (cores[task] as number)
  }
  return last > first ? work / (last - first) : undefined
}

/**
 * The same tasks, arriving faster or slower: all times of arrival are stretched, so that on average the work that arrives is this share of
 * what the engines can do.
 */
export function atLoad(
  workload: Workload,
  { name, offered }: Pick<WorkloadSource, 'name' | 'offered'>,
  { load, power }: { readonly load: number; readonly power: number },
): Workload {
  if (!(load > 0 && load < Number.POSITIVE_INFINITY)) {
    throw new ConfigurationError(`a load must be a number above 0, not ${load}`)
  }
  if (offered === undefined || offered === 0) {
    throw new ConfigurationError(`workload '${name}' all arrives at once: there is no load to set`)
  }
  const factor = offered / (power * load)
  return { ...workload, arrivalMs: workload.arrivalMs.map((ms) => ms * factor) }
}
