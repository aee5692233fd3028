import type { Memory, ThreadMemory } from './memory.ts'

export interface ControllerOrder {
  readonly addresses: readonly string[]
  readonly key: string
  readonly store: string
}

export interface EngineOrder {
  readonly address: string
  readonly key: string
}

export interface LoadOrder {
  readonly addresses: readonly string[]
  readonly key: string
  readonly seed: number
  /** How many operations begin in a second. */
  readonly rate: number
}

/** What processes are asked, one thing at a time: their memory, while nothing is under way; or to go on, which has no answer. */
export type Question = 'memory' | 'go'

export interface Answer<Value> {
  readonly value: Value
  /** Of this process so far. */
  readonly cpuSeconds: number
}

export interface LoadReport {
  readonly client: Memory
  /** Of the thread in which the steady engine runs tasks. */
  readonly executor: ThreadMemory
  readonly tasks: number
  /** How often each operation was done. */
  readonly operations: Readonly<Record<string, number>>
  /** How many ended with an error because an engine was killed that they named. */
  readonly excused: number
  readonly problems: readonly string[]
}
