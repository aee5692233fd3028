import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { WorkloadError } from '../../../core/errors.ts'
import type { Workload } from '../workload.ts'
import { type WorkloadTask, workloadOf } from '../workload-of.ts'
import { fromJson } from './from-json.ts'

const msPerSecond = 1_000

const id = Type.String({ minLength: 1 })

/** As much of the format as is read here; other keys are passed over. */
const schema = Type.Object({
  name: id,
  schemaVersion: Type.Literal('1.5'),
  workflow: Type.Object({
    specification: Type.Object({
      tasks: Type.Array(
        Type.Object({
          name: id,
          id,
          parents: Type.Array(Type.String()),
          children: Type.Array(Type.String()),
          inputFiles: Type.Optional(Type.Array(id)),
          outputFiles: Type.Optional(Type.Array(id)),
        }),
        { minItems: 1 },
      ),
      files: Type.Optional(Type.Array(Type.Object({ id, sizeInBytes: Type.Integer({ minimum: 0 }) }))),
    }),
    execution: Type.Object({
      tasks: Type.Array(
        Type.Object({
          id,
          runtimeInSeconds: Type.Number({ minimum: 0 }),
          coreCount: Type.Optional(Type.Integer({ minimum: 1 })),
          memoryInBytes: Type.Optional(Type.Number({ minimum: 0 })),
        }),
        { minItems: 1 },
      ),
    }),
  }),
})
type Instance = Static<typeof schema>
type Specified = Instance['workflow']['specification']['tasks'][number]

const validator = Compile(schema)

/**
 * Reads a workflow with its execution in WfFormat 1.5. A task runs as long as it ran (`runtimeInSeconds`), on `coreCount` cores (default 1), in `memoryInBytes` of memory. Files that a task makes
 * travel to where they are read; those that no task makes are everywhere from the beginning. A parent that makes no file for its child is
 * waited for without data. Tasks are numbered as they stand in the specification.
 * Source: WfFormat, https://github.com/wfcommons/WfFormat.
 *
 * @param name of the file, for messages
 * @throws WorkloadError that names the file, the task, the field and what is wrong with it
 */
export function readWfFormat(text: string, name = 'workflow'): Workload {
  return fromJson(text, name, (value) => workloadFrom(checked(value)))
}

function checked(value: unknown): Instance {
  if (validator.Check(value)) return value
  const [first] = validator.Errors(value)
  const path = (first?.instancePath ?? '').split('/').slice(1)
  const missing = first?.keyword === 'required' ? first.params.requiredProperties.slice(0, 1) : []
  const steps = [...path, ...missing]
  const field = steps.join('.')
  const found = at(value, steps)
  const shown = found === undefined ? 'missing' : (JSON.stringify(found) ?? String(found)).slice(0, 40)
  const must = found === undefined ? 'must be there' : (first?.message ?? 'is wrong')
  const place = steps.indexOf('tasks')
  const task = place < 0 ? undefined : at(value, [...steps.slice(0, place + 2), 'id'])
  const where = typeof task === 'string' ? `task '${task}': ` : ''
  throw new WorkloadError(`${where}${field === '' ? 'the file' : field} ${must}, and is ${shown}`, {
    details: { ...(where === '' ? {} : { task }), field },
  })
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const step of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined
  return found
}

function workloadFrom({ workflow: { specification, execution } }: Instance): Workload {
  const { tasks, files = [] } = specification
  const numbers = numbered(tasks)
  const bytes = new Map(files.map((file) => [file.id, file.sizeInBytes]))
  const makers = makersOf(tasks)
  const runs = new Map(execution.tasks.map((run) => [run.id, run]))
  const list = tasks.map((task, number): WorkloadTask => {
    const run = runs.get(task.id)
    if (run === undefined) throw wrong(task, 'runtimeInSeconds', 'is missing: the execution does not name the task')
    checkRelatives(tasks, task, numbers)
    const made = [...new Set(task.inputFiles)].flatMap((file) => {
      const [maker, output] = makers.get(file) ?? [number, 0]
      // What it writes itself, it may read without waiting for anybody.
      return maker === number ? [] : [[maker, output] as const]
    })
    const makersOfInputs = new Set(made.map(([maker]) => maker))
    const parents = new Set(task.parents.map((parent) => numbers.get(parent) as number))
    return {
      durationMs: run.runtimeInSeconds * msPerSecond,
      cores: run.coreCount ?? 1,
      memoryBytes: run.memoryInBytes,
      outputs: (task.outputFiles ?? []).map((file) => ({ bytes: sizeOf(bytes, task, file) })),
      inputs: made,
      after: [...parents].filter((parent) => !makersOfInputs.has(parent)),
    }
  })
  return withoutCircle(tasks, list)
}

function numbered(tasks: readonly Specified[]): Map<string, number> {
  const numbers = new Map<string, number>()
  tasks.forEach((task, number) => {
    if (numbers.has(task.id)) throw wrong(task, 'id', `is that of task ${numbers.get(task.id)}, too, and of ${number}`)
    numbers.set(task.id, number)
  })
  return numbers
}

/** By file: the task that makes it, and which of its outputs it is. */
function makersOf(tasks: readonly Specified[]): Map<string, readonly [task: number, output: number]> {
  const makers = new Map<string, readonly [number, number]>()
  tasks.forEach((task, number) => {
    task.outputFiles?.forEach((file, output) => {
      const other = makers.get(file)
      if (other) throw wrong(task, 'outputFiles', `names '${file}', which task '${tasks[other[0]]?.id}' makes, too`)
      makers.set(file, [number, output])
    })
  })
  return makers
}

/** Each edge stands at both of its ends. */
function checkRelatives(tasks: readonly Specified[], task: Specified, numbers: ReadonlyMap<string, number>): void {
  for (const [field, back] of [
    ['parents', 'children'],
    ['children', 'parents'],
  ] as const) {
    for (const relative of task[field]) {
      const other = tasks[numbers.get(relative) ?? -1]
      if (other === undefined) throw wrong(task, field, `names '${relative}', which is no task`)
      if (!other[back].includes(task.id)) {
        throw wrong(task, field, `names '${relative}', which does not name it among its ${back}`)
      }
    }
  }
}

function sizeOf(bytes: ReadonlyMap<string, number>, task: Specified, file: string): number {
  const size = bytes.get(file)
  if (size === undefined) throw wrong(task, 'outputFiles', `names '${file}', whose size is not among the files`)
  return size
}

function withoutCircle(tasks: readonly Specified[], list: readonly WorkloadTask[]): Workload {
  try {
    return workloadOf(list)
  } catch (error) {
    const circle = error instanceof WorkloadError && error.details?.circle
    if (!Array.isArray(circle)) throw error
    const names = circle.map((number) => tasks[number as number]?.id)
    throw wrong(tasks[circle[0] as number] as Specified, 'parents', `wait for it: ${names.join(' waits for ')}`)
  }
}

function wrong({ id: task }: Specified, field: string, what: string): WorkloadError {
  return new WorkloadError(`task '${task}': ${field} ${what}`, { details: { task, field } })
}
