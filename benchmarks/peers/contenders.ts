/** Who does the work: pools of Node and of Python, what lies beneath, and Yardmaster. Each is a process, started when it is first asked. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Done, Job, Refused } from './job.ts'
import { type LineProcess, startLineProcess } from './line-process.ts'

/** Where Debian installs what apt-get brings; another Python on the path does not see that. */
const python = '/usr/bin/python3'

interface Entry {
  /** The program in this folder, and its arguments after the number of workers. */
  readonly program: readonly [string, ...string[]]
  /** What it needs that may be absent. */
  readonly needs?: { readonly package: string } | { readonly module: string; readonly debian: string }
}

const entries = {
  'Yardmaster, threads': { program: ['yardmaster-main.js', 'threads'] },
  'Yardmaster, ZeroMQ': { program: ['yardmaster-main.js', 'zeromq'], needs: { package: 'zeromq' } },
  'Yardmaster, WebSocket': { program: ['yardmaster-main.js', 'websocket'] },
  'Yardmaster, ZeroMQ, client beside controller': {
    program: ['yardmaster-main.js', 'zeromq', 'beside'],
    needs: { package: 'zeromq' },
  },
  'Yardmaster, WebSocket, client beside controller': { program: ['yardmaster-main.js', 'websocket', 'beside'] },
  piscina: { program: ['piscina-main.js'], needs: { package: 'piscina' } },
  tinypool: { program: ['tinypool-main.js'], needs: { package: 'tinypool' } },
  workerpool: { program: ['workerpool-main.js'], needs: { package: 'workerpool' } },
  poolifier: { program: ['poolifier-main.js'], needs: { package: 'poolifier' } },
  ipyparallel: {
    program: ['python_pools.py', 'ipyparallel'],
    needs: { module: 'ipyparallel', debian: 'python3-ipyparallel' },
  },
  dask: { program: ['python_pools.py', 'dask'], needs: { module: 'distributed', debian: 'python3-distributed' } },
  'bare threads': { program: ['bare-threads-main.js'] },
  'ZeroMQ, raw': { program: ['bare-link-main.js', 'zeromq'], needs: { package: 'zeromq' } },
  'WebSocket, raw': { program: ['bare-link-main.js', 'websocket'] },
} as const satisfies Record<string, Entry>

export type ContenderName = keyof typeof entries
export const contenderNames = Object.keys(entries) as ContenderName[]

export interface Contenders {
  /** Those that can be had here. */
  readonly names: readonly ContenderName[]
  /** What is missing, and how to get it. */
  readonly notes: readonly string[]
  /** Undefined where the contender cannot do this. */
  run(name: ContenderName, job: Job): Promise<Done | undefined>
  close(): Promise<void>
}

export async function openContenders(wanted: readonly ContenderName[], workers: number): Promise<Contenders> {
  const lacks = await Promise.all(wanted.map((name) => lackOf(entries[name])))
  const started = new Map<ContenderName, Promise<LineProcess>>()
  const processOf = (name: ContenderName) => {
    const found = started.get(name) ?? start(entries[name], workers)
    started.set(name, found)
    return found
  }
  return {
    names: wanted.filter((_, i) => lacks[i] === undefined),
    notes: wanted.flatMap((name, i) => (lacks[i] === undefined ? [] : [`${name} is left out: ${lacks[i]}.`])),
    async run(name, job) {
      const done = (await (await processOf(name)).ask(job)) as Done | Refused
      return 'refused' in done ? undefined : done
    },
    async close() {
      await Promise.all([...started.values()].map((one) => one.then((found) => found.close())))
    },
  }
}

function start({ program: [file, ...args] }: Entry, workers: number): Promise<LineProcess> {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url))
  return file.endsWith('.py')
    ? startLineProcess(python, [path, ...args, String(workers)])
    : startLineProcess(process.execPath, [...process.execArgv, path, String(workers), ...args])
}

/** What to do about it; undefined where nothing is missing. */
async function lackOf({ needs }: Entry): Promise<string | undefined> {
  if (needs === undefined) return undefined
  try {
    if ('package' in needs) await import(needs.package)
    else await promisify(execFile)(python, ['-c', `import ${needs.module}`])
    return undefined
  } catch {
    return 'package' in needs ? `npm install ${needs.package}` : `apt-get install ${needs.debian}, for ${python}`
  }
}
