import { Compile } from 'typebox/compile'
import { WorkloadError } from '../../core/errors.ts'
import { type TraceLine, type TraceLineOf, traceLine, traceVersion } from '../../core/trace-format.ts'

/** A task of a trace. */
export interface TraceTask extends Omit<TraceLineOf<'task'>, 'type'> {
  /** In the order in which they ended. */
  readonly attempts: readonly TraceLineOf<'attempt'>[]
  /** How and when it ended; absent: not before the trace did. */
  readonly end?: { readonly at: number; readonly status: TraceLineOf<'end'>['status']; readonly code?: string }
}

/** What a trace tells. All times are microseconds from its beginning. */
export interface Trace {
  readonly cluster: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly strategy: string
  readonly engines: readonly Omit<TraceLineOf<'engine'>, 'type'>[]
  /** In the order in which they were submitted. */
  readonly tasks: readonly TraceTask[]
  /** Its last line is not whole, or its controller did not stop in order. */
  readonly isCut: boolean
  /** Lines for which the disk was too slow. */
  readonly missing: number
}

const validator = Compile(traceLine)

/**
 * Reads the trace of a run, as a controller with `record` writes it. A last line that is not whole is passed over.
 *
 * @param name of the file, for messages
 * @throws WorkloadError that names the file, the line and what is wrong with it
 */
export function readTrace(text: string, name = 'trace'): Trace {
  const builder = new TraceBuilder()
  const lines = text.split('\n')
  // What stands behind the last end of a line was cut off.
  lines.pop()
  lines.forEach((line, i) => {
    try {
      builder.add(parsed(line))
    } catch (error) {
      if (!(error instanceof WorkloadError)) throw error
      throw new WorkloadError(`${name}: line ${i + 1} ${error.message}`, {
        cause: error.cause,
        details: { ...error.details, name, line: i + 1 },
      })
    }
  })
  const trace = builder.trace
  if (trace !== undefined) return trace
  throw new WorkloadError(`${name}: must begin with a line of type trace, and has no line`, { details: { name } })
}

function parsed(line: string): TraceLine {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new WorkloadError(`is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  if (validator.Check(value)) return value
  throw misshapen(value)
}

function misshapen(value: unknown): WorkloadError {
  const type = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined
  const form = traceLine.anyOf.find((one) => one.properties.type.const === type)
  if (form === undefined) {
    const known = traceLine.anyOf.map((one) => one.properties.type.const).join(', ')
    return new WorkloadError(`must have a type, one of ${known}, and has ${JSON.stringify(type) ?? 'none'}`)
  }
  if (type === 'trace' && Reflect.get(value as object, 'version') !== traceVersion) {
    const version = JSON.stringify(Reflect.get(value as object, 'version'))
    return new WorkloadError(`is of version ${version}; this reads version ${traceVersion}`)
  }
  const [first] = Compile(form).Errors(value)
  const field = (first?.instancePath ?? '').slice(1).replaceAll('/', '.')
  const message = `of type ${type}: ${field === '' ? '' : `${field} `}${first?.message ?? 'is wrong'}`
  return new WorkloadError(message, { details: { field } })
}

interface TaskInMaking extends Omit<TraceLineOf<'task'>, 'type'> {
  readonly attempts: TraceLineOf<'attempt'>[]
  end?: NonNullable<TraceTask['end']>
}

class TraceBuilder {
  #head: TraceLineOf<'trace'> | undefined
  readonly #engines: TraceLineOf<'engine'>[] = []
  readonly #tasks = new Map<string, TaskInMaking>()
  #missing = 0
  #isStopped = false

  add(line: TraceLine): void {
    if ((this.#head === undefined) !== (line.type === 'trace')) {
      throw new WorkloadError(`is of type ${line.type}: the first, and no other, must be of type trace`)
    }
    switch (line.type) {
      case 'trace':
        this.#head = line
        return
      case 'engine':
        this.#engines.push(line)
        return
      case 'task': {
        const before = this.#tasks.get(line.id)
        // What was refused may be submitted again.
        if (before !== undefined && before.end?.status !== 'refused') {
          throw new WorkloadError(`tells of task ${line.id} for the second time`)
        }
        const { type: _, ...task } = line
        this.#tasks.delete(line.id)
        this.#tasks.set(line.id, { ...task, attempts: [] })
        return
      }
      case 'attempt': {
        const task = this.#task(line.id)
        task?.attempts.push(line)
        if (task && line.status !== undefined) task.end = { at: line.end, status: line.status }
        return
      }
      case 'end': {
        const { id, type: _, ...end } = line
        const task = this.#task(id)
        if (task) task.end = end
        return
      }
      case 'gap':
        this.#missing += line.lines
        return
      case 'stop':
        this.#isStopped = true
    }
  }

  get trace(): Trace | undefined {
    if (this.#head === undefined) return undefined
    const { cluster, startedAt, strategy } = this.#head
    return {
      cluster,
      startedAt,
      strategy,
      engines: this.#engines.map(({ type: _, ...engine }) => engine),
      tasks: [...this.#tasks.values()],
      isCut: !this.#isStopped,
      missing: this.#missing,
    }
  }

  /** Of one whose line is missing nothing can be told. */
  #task(id: string): TaskInMaking | undefined {
    const task = this.#tasks.get(id)
    if (task === undefined && this.#missing === 0) throw new WorkloadError(`names task ${id}, of which no line tells`)
    return task
  }
}
