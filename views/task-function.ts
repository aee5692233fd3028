import type { ModuleTask } from './functions/module-task.ts'

/** What a task can call: a function, or the handle of an exported one. */
export type TaskFunction<Args extends readonly unknown[], Returned> =
  | ((...args: Args) => Returned)
  | ModuleTask<(...args: Args) => Returned>

/** What awaiting a task gives: a generator's values as a list, what a promise resolves with, or the value itself. */
export type ResultOf<Returned> = [Returned] extends [Generated<infer Part>] ? Part[] : Awaited<Returned>

/** What iterating a single task gives: what a generator yields, else the result. */
export type PartOf<Returned> = [Returned] extends [Generated<infer Part>] ? Part : Awaited<Returned>

type Generated<Part> = Generator<Part, unknown, never> | AsyncGenerator<Part, unknown, never>

/** Whether the function is known to be a generator. One that merely returns a generator is known when it yields. */
export function isGeneratorFunction(fn: unknown): boolean {
  const tag = Object.prototype.toString.call(fn)
  return tag === '[object GeneratorFunction]' || tag === '[object AsyncGeneratorFunction]'
}
