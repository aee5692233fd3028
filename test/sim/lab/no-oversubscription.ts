import { expect } from 'vitest'
import type { WorkloadRun } from '../../../sim/lab/simulate-workload.ts'

/** No engine has more cores in use at any time than it has. */
export function expectNoOversubscription(run: WorkloadRun): void {
  const { workload, startMs, endMs, engine } = run
  const changes = Array.from({ length: workload.size }, (_, task) => {
    const cores = workload.cores[task] as number
    const at = engine[task] as number
    return [
      { at, ms: startMs[task] as number, cores },
      { at, ms: endMs[task] as number, cores: -cores },
    ]
  }).flat()
  // What ends makes room for what begins at the same time.
  changes.sort((a, b) => a.ms - b.ms || a.cores - b.cores)
  const used = run.engines.map(() => 0)
  for (const { at, cores } of changes) {
    used[at] = (used[at] as number) + cores
    expect(used[at]).toBeLessThanOrEqual(run.engines[at]?.cores ?? 1)
  }
}
