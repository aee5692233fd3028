import { ConfigurationError } from '../../../core/errors.ts'

/** How Slurm is asked for engines. Each engine is a job of one task, one of an array; inside an allocation, a step of it. */
export interface SlurmOptions {
  /** Default: Slurm's own. */
  readonly partition?: string
  /** How long each engine may run, as `sbatch --time` takes it: minutes, or `D-HH:MM:SS`. One that reaches it is submitted again. Default: the partition's. */
  readonly time?: string | number
  readonly account?: string
  /** Processors for each engine. Default 1. */
  readonly cpus?: number
  /** For each engine, as `sbatch --mem` takes it: `4G`. Default: Slurm's own. */
  readonly memory?: string
  /** Further options of `sbatch`, a line of the job's script each: `['--gres=gpu:1', '--qos=high']`. */
  readonly sbatch?: string | readonly string[]
  /** Further options of `srun`, where engines are steps. */
  readonly srun?: string | readonly string[]
  /** Lines of shell that each job runs before its engine: `['module load nodejs']`. */
  readonly setup?: string | readonly string[]
  /** The `node` of the machines that run the jobs. Default: the path of this one. */
  readonly node?: string
  /**
   * A folder that all machines see at this path: for the file with the address and the key, which only its owner can read, and for what the
   * jobs write. Default `~/.yardmaster/slurm`.
   */
  readonly folder?: string
  /** By what name or address the machines of the jobs reach this one. Default: its host name. */
  readonly host?: string
  /** At most so often Slurm is asked how the jobs fare, in milliseconds; more often only just after some were started or stopped. Default 5,000. */
  readonly pollMs?: number
  /** True: jobs of their own also where this program runs inside an allocation. Default: there, engines are steps of that one. */
  readonly submit?: boolean
}

/** With defaults, checked, lists as lists. */
export interface SlurmSettings {
  readonly partition: string | undefined
  readonly time: string | undefined
  readonly account: string | undefined
  readonly cpus: number
  readonly memory: string | undefined
  readonly sbatch: readonly string[]
  readonly srun: readonly string[]
  readonly setup: readonly string[]
  readonly node: string
  readonly folder: string | undefined
  readonly host: string | undefined
  readonly pollMs: number
  readonly submit: boolean
}

export const slurmOptionNames = [
  'partition',
  'time',
  'account',
  'cpus',
  'memory',
  'sbatch',
  'srun',
  'setup',
  'node',
  'folder',
  'host',
  'pollMs',
  'submit',
] as const satisfies readonly (keyof SlurmOptions)[]

/** From a program or a command line. @throws ConfigurationError naming the option */
export function slurmSettings(options: Readonly<Record<string, unknown>>): SlurmSettings {
  const { submit = false } = options
  if (typeof submit !== 'boolean') throw wrong('submit', 'true or false', submit)
  return {
    partition: word(options, 'partition'),
    time: word(options, 'time'),
    account: word(options, 'account'),
    cpus: whole(options, 'cpus', 1, 1),
    memory: word(options, 'memory'),
    sbatch: lines(options, 'sbatch').map((line) => option('sbatch', line.replace(/^#SBATCH\s+/, ''))),
    srun: lines(options, 'srun').map((line) => option('srun', line)),
    setup: lines(options, 'setup'),
    node: path(options, 'node') ?? process.execPath,
    folder: path(options, 'folder'),
    host: word(options, 'host'),
    pollMs: whole(options, 'pollMs', 5_000, 100),
    submit,
  }
}

/** What stands in a line of a script as it is: nothing that would end the line, or that a shell or Slurm takes for more than one word. */
function word(options: Readonly<Record<string, unknown>>, name: keyof SlurmOptions): string | undefined {
  const value = options[name]
  if (value === undefined) return undefined
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^[\w.:,@%+/[\]-]+$/.test(text) || text.startsWith('-')) {
    throw wrong(name, 'one word', value)
  }
  return text
}

function path(options: Readonly<Record<string, unknown>>, name: keyof SlurmOptions): string | undefined {
  const value = options[name]
  if (value === undefined) return undefined
  // Slurm puts its own numbers in the place of what follows a percent sign, and takes a backslash for itself.
  if (typeof value !== 'string' || !/^\/[^%\\\r\n\0]*$/.test(value)) {
    throw wrong(name, 'an absolute path without "%" and "\\"', value)
  }
  return value
}

function whole(
  options: Readonly<Record<string, unknown>>,
  name: keyof SlurmOptions,
  usual: number,
  least: number,
): number {
  const value = options[name] ?? usual
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw wrong(name, `a whole number from ${least} on`, value)
}

function lines(options: Readonly<Record<string, unknown>>, name: keyof SlurmOptions): readonly string[] {
  const value = options[name] ?? []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((line) => {
    if (typeof line !== 'string' || /[\r\n\0]/.test(line))
      throw wrong(name, 'a line of text, or a list of lines', value)
    return line
  })
}

function option(name: keyof SlurmOptions, line: string): string {
  if (line.startsWith('-')) return line
  throw wrong(name, 'an option each, such as --qos=high', line)
}

function wrong(name: keyof SlurmOptions, what: string, value: unknown): ConfigurationError {
  return new ConfigurationError(
    `the option ${name} of the launcher slurm must be ${what}, not ${JSON.stringify(value)}`,
    {
      details: { option: name },
    },
  )
}
