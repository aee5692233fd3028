/** Every suite by its name, loaded when it is asked for. */
import type { Suite } from './suite.ts'

interface SuiteEntry {
  /** One line for `--help`. */
  readonly description: string
  load(): Promise<Suite>
}

export const suites = {
  transports: {
    description: 'each transport beside the raw link beneath it',
    load: async () => (await import('./suites/transports.ts')).transports,
  },
  tasks: {
    description: 'tasks beside other pools with the same work: nothing, 1 and 10 ms, mixed, 1 and 64 MB',
    load: async () => (await import('./suites/tasks.ts')).tasks,
  },
  payloads: {
    description: 'arguments and results of 0 to 64 MB, by how engines are linked, beside the bare links',
    load: async () => (await import('./suites/payloads.ts')).payloads,
  },
  scheduler: {
    description: 'the scheduler’s core alone: by strategy, engines and blocked tasks; memory; a large graph',
    load: async () => (await import('./suites/scheduler.ts')).scheduler,
  },
  simulator: {
    description: 'the scheduling lab: tasks a second in virtual time, by strategy, engines and network',
    load: async () => (await import('./suites/simulator.ts')).simulator,
  },
  memory: {
    description: 'heap for each task that waits or is retained, and while a stream goes through',
    load: async () => (await import('./suites/memory.ts')).memory,
  },
  startup: {
    description: 'how long engines take to start, beside bare threads and processes',
    load: async () => (await import('./suites/startup.ts')).startup,
  },
  growth: {
    description: 'the cost of a task with more tasks, more engines, more clients',
    load: async () => (await import('./suites/growth.ts')).growth,
  },
  functions: {
    description: 'making a function ready that was submitted before, by what it captures',
    load: async () => (await import('./suites/functions.ts')).functions,
  },
  results: {
    description: 'what a client keeps of a map of a million items: awaited, and read as it goes',
    load: async () => (await import('./suites/results.ts')).results,
  },
  durability: {
    description: 'whole clusters without a store, and with each level of durability',
    load: async () => (await import('./suites/durability.ts')).durability,
  },
  encryption: {
    description: 'encrypted links beside plain ones, alone and in whole clusters',
    load: async () => (await import('./suites/encryption.ts')).encryption,
  },
  observability: {
    description: 'whole clusters with nothing, with metrics, tracing, a dashboard, and all of it',
    load: async () => (await import('./suites/observability.ts')).observability,
  },
} as const satisfies Record<string, SuiteEntry>

export type SuiteName = keyof typeof suites
/** Those that promise something. */
export const suitesWithTargets: readonly SuiteName[] = ['tasks', 'payloads', 'scheduler', 'memory', 'startup']
export const suiteNames = Object.keys(suites) as SuiteName[]

export function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(suites, name)
}
