import { WorkloadError } from '../../core/errors.ts'
import { findCircle } from './circle.ts'
import type { TaskData, Workload } from './workload.ts'

/** One task, as one writes it down. */
export interface WorkloadTask {
  /** How long it runs on an engine of speed 1, in milliseconds. */
  readonly durationMs: number
  /** When it is submitted. Default 0: with the batch. */
  readonly arrivalMs?: number
  /** What its user expects. Default: the user says nothing. */
  readonly estimateMs?: number | undefined
  /** Cores of one engine that it occupies while it runs. Default 1. */
  readonly cores?: number
  /** Memory of one engine that it takes while it runs. Default 0: it does not say. */
  readonly memoryBytes?: number | undefined
  /** What it makes as it ends. */
  readonly outputs?: readonly WorkloadObject[]
  /** What must lie at its engine before it begins: output `k` of task `t` as `[t, k]`. Tasks may be named in any order. */
  readonly inputs?: readonly (readonly [task: number, output: number])[]
  /** Tasks that must have ended before it begins, without data. */
  readonly after?: readonly number[]
}

/** A piece of data that tasks of a workload give each other. */
export interface WorkloadObject {
  readonly bytes: number
  /** What its user expects. Default: the user says nothing. */
  readonly estimateBytes?: number | undefined
}

/**
 * The workload of a list of tasks, which name each other by their places in it.
 * @throws WorkloadError that names the task and what is wrong with it
 */
export function workloadOf(tasks: readonly WorkloadTask[]): Workload {
  const size = tasks.length
  const arrivalMs = new Float64Array(size)
  const durationMs = new Float64Array(size)
  const estimateMs = new Float64Array(size)
  const cores = new Int32Array(size)
  tasks.forEach((task, i) => {
    arrivalMs[i] = amount(task.arrivalMs ?? 0, i, 'arrivalMs')
    durationMs[i] = amount(task.durationMs, i, 'durationMs')
    estimateMs[i] = task.estimateMs === undefined ? Number.NaN : amount(task.estimateMs, i, 'estimateMs')
    cores[i] = count(task.cores ?? 1, i, 'cores')
  })
  const memoryBytes = tasks.some((task) => task.memoryBytes !== undefined)
    ? Float64Array.from(tasks, (task, i) => amount(task.memoryBytes ?? 0, i, 'memoryBytes'))
    : undefined
  return { size, arrivalMs, durationMs, estimateMs, cores, memoryBytes, data: dataOf(tasks) }
}

function dataOf(tasks: readonly WorkloadTask[]): TaskData | undefined {
  const followed = tasksFollowed(tasks)
  const bytes: number[] = []
  const estimateBytes: number[] = []
  const producer: number[] = []
  const firstOutput = new Int32Array(tasks.length + 1)
  tasks.forEach((task, i) => {
    for (const { bytes: size, estimateBytes: estimate } of task.outputs ?? []) {
      bytes.push(amount(size, i, 'outputs'))
      estimateBytes.push(estimate === undefined ? Number.NaN : amount(estimate, i, 'outputs'))
      producer.push(i)
    }
    if (followed.has(i)) {
      bytes.push(0)
      estimateBytes.push(0)
      producer.push(i)
    }
    firstOutput[i + 1] = bytes.length
  })
  if (bytes.length === 0 && !tasks.some(({ inputs }) => inputs?.length)) return undefined
  const inputsOf = tasks.map((task, i) => objectsConsumed(tasks, task, i, firstOutput))
  return linked(bytes, estimateBytes, producer, firstOutput, inputsOf)
}

/** Those that others name in `after`: each makes an object of 0 bytes, its last. */
function tasksFollowed(tasks: readonly WorkloadTask[]): Set<number> {
  const followed = new Set<number>()
  tasks.forEach(({ after = [] }, i) => {
    for (const other of after) {
      existing(tasks, other, i, 'after')
      followed.add(other)
    }
  })
  return followed
}

function objectsConsumed(
  tasks: readonly WorkloadTask[],
  { inputs = [], after = [] }: WorkloadTask,
  i: number,
  firstOutput: Int32Array,
): number[] {
  const found = new Set<number>()
  for (const [other, output] of inputs) {
    const { outputs = [] } = existing(tasks, other, i, 'inputs')
    if (!Number.isInteger(output) || output < 0 || output >= outputs.length) {
      throw fault(i, 'inputs', `names output ${output} of task ${other}, which has ${outputs.length}`)
    }
    const object = (firstOutput[other] as number) + output
    if (found.has(object)) throw fault(i, 'inputs', `names output ${output} of task ${other} twice`)
    found.add(object)
  }
  for (const other of after) found.add((firstOutput[other + 1] as number) - 1)
  return [...found].sort((a, b) => a - b)
}

function linked(
  bytes: readonly number[],
  estimateBytes: readonly number[],
  producer: readonly number[],
  firstOutput: Int32Array,
  inputsOf: readonly (readonly number[])[],
): TaskData {
  const firstInput = new Int32Array(inputsOf.length + 1)
  const firstConsumer = new Int32Array(bytes.length + 1)
  inputsOf.forEach((objects, task) => {
    firstInput[task + 1] = (firstInput[task] as number) + objects.length
    for (const object of objects) firstConsumer[object + 1] = (firstConsumer[object + 1] as number) + 1
  })
  for (let object = 0; object < bytes.length; object += 1) {
    firstConsumer[object + 1] = (firstConsumer[object + 1] as number) + (firstConsumer[object] as number)
  }
  const consumers = new Int32Array(firstConsumer[bytes.length] as number)
  const next = firstConsumer.slice()
  inputsOf.forEach((objects, task) => {
    for (const object of objects) {
      consumers[next[object] as number] = task
      next[object] = (next[object] as number) + 1
    }
  })
  const data: TaskData = {
    size: bytes.length,
    bytes: Float64Array.from(bytes),
    estimateBytes: Float64Array.from(estimateBytes),
    producer: Int32Array.from(producer),
    firstOutput,
    firstInput,
    inputs: Int32Array.from(inputsOf.flat()),
    firstConsumer,
    consumers,
  }
  const circle = findCircle(data)
  if (circle !== undefined) {
    const all = [...circle, circle[0]]
    throw fault(circle[0] as number, 'inputs', `waits for itself: ${all.join(' waits for ')}`, { circle: all })
  }
  return data
}

function existing(tasks: readonly WorkloadTask[], other: number, i: number, field: string): WorkloadTask {
  const task = tasks[other]
  if (task === undefined) throw fault(i, field, `names task ${other}, but tasks are numbered 0 to ${tasks.length - 1}`)
  return task
}

function amount(value: number, task: number, field: string): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value
  throw fault(task, field, `must be a finite number from 0 on, not ${JSON.stringify(value) ?? value}`)
}

function count(value: number, task: number, field: string): number {
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) return value
  throw fault(task, field, `must be a whole number from 1 on, not ${JSON.stringify(value) ?? value}`)
}

function fault(task: number, field: string, what: string, more: object = {}): WorkloadError {
  return new WorkloadError(`task ${task}: ${field} ${what}`, { details: { task, field, ...more } })
}
