import { WorkloadError } from '../../core/errors.ts'
import { fromJson } from './read/from-json.ts'
import type { Workload } from './workload.ts'
import { type WorkloadObject, type WorkloadTask, workloadOf } from './workload-of.ts'

const bytesPerMiB = 2 ** 20
const msPerSecond = 1_000

/**
 * Reads a task graph as the benchmarks of Estee store it: a JSON array of tasks, each
 * `{ "d": seconds, "e_d": seconds | null, "cpus": n, "outputs": [{ "s": MiB, "e_s": MiB }], "inputs": [[task, output]] }`. Tasks
 * are named by their places, in any order. Other keys are passed over.
 * Source: https://github.com/It4innovations/estee, doi 10.5281/zenodo.2630384.
 *
 * @param name of the file, for messages
 * @throws WorkloadError that names the file, the task and what is wrong with it
 */
export function readEsteeGraph(text: string, name = 'graph'): Workload {
  return fromJson(text, name, (tasks) => {
    if (!Array.isArray(tasks)) throw new WorkloadError(`must be an array of tasks, not ${kindOf(tasks)}`)
    return workloadOf(tasks.map(taskFrom))
  })
}

function taskFrom(value: unknown, task: number): WorkloadTask {
  const fields = record(value, `task ${task}`, { task })
  const amount = (field: string, from: Record<string, unknown> = fields, shown = field) => {
    const found = from[field]
    if (typeof found === 'number' && Number.isFinite(found) && found >= 0) return found
    throw wrong(task, shown, 'must be a number from 0 on', found)
  }
  const list = (field: string) => {
    const found = fields[field]
    if (Array.isArray(found)) return found as readonly unknown[]
    throw wrong(task, field, 'must be an array', found)
  }
  const { cpus } = fields
  if (typeof cpus !== 'number' || !Number.isInteger(cpus) || cpus < 1) {
    throw wrong(task, 'cpus', 'must be a whole number from 1 on', cpus)
  }
  if (fields.e_d === undefined) throw wrong(task, 'e_d', 'must be a number from 0 on, or null', undefined)
  const outputs = list('outputs').map((one, k): WorkloadObject => {
    const shown = `outputs[${k}]`
    const object = record(one, `task ${task}: ${shown}`, { task, field: shown })
    const estimate = object.e_s === null ? undefined : amount('e_s', object, `${shown}.e_s`) * bytesPerMiB
    return { bytes: amount('s', object, `${shown}.s`) * bytesPerMiB, estimateBytes: estimate }
  })
  const inputs = list('inputs').map((one, k): readonly [number, number] => {
    if (Array.isArray(one) && one.length === 2 && one.every(Number.isInteger)) return one as [number, number]
    throw wrong(task, `inputs[${k}]`, 'must be [task, output]', one)
  })
  return {
    durationMs: amount('d') * msPerSecond,
    estimateMs: fields.e_d === null ? undefined : amount('e_d') * msPerSecond,
    cores: cpus,
    outputs,
    inputs,
  }
}

function record(value: unknown, what: string, details: object): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new WorkloadError(`${what} must be an object, not ${kindOf(value)}`, { details: { ...details } })
}

function wrong(task: number, field: string, must: string, found: unknown): WorkloadError {
  const shown = found === undefined ? 'missing' : JSON.stringify(found).slice(0, 40)
  return new WorkloadError(`task ${task}: ${field} ${must}, and is ${shown}`, { details: { task, field } })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
