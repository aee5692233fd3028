import { ConfigurationError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import { encodeValue } from '../core/payload.ts'
import { builtinTasks } from './builtin-tasks.ts'
import type { Combine, DirectCalls } from './direct-calls.ts'
import type { DirectFlags } from './direct-flags.ts'
import type { EngineResult } from './engine-targets.ts'
import { sourceProgram } from './functions/source-program.ts'
import { isIdentifier, moduleName } from './module-name.ts'
import { moduleUrl, programFile, workingFolder } from './program-files.ts'
import { isGeneratorFunction, type PartOf, type ResultOf, type TaskFunction } from './task-function.ts'
import { isList } from './task-ids.ts'

/**
 * What views of named engines share. Each engine has a namespace: what is pushed to it, defined by executed source and
 * imported there stays until it is cleared or the engine's executor ends, and `currentTask().namespace` shows it to any
 * task. Calls run on each engine in the order in which they were made. Large buffers (4 kB and more) are not copied before
 * they are sent: leave them alone until the result is there.
 *
 * @throws NoEngineError from every method, naming engines that are not there
 */
export abstract class EngineView<Targets, InPlace extends boolean> {
  /** @internal */
  protected readonly calls: DirectCalls

  /** @internal */
  constructor(calls: DirectCalls) {
    this.calls = calls
  }

  /** Whether a call gives a list: not for a single engine. */
  protected abstract get givesList(): boolean

  /** The flags that were set. */
  get flags(): DirectFlags {
    return this.calls.flags.given
  }

  /** The engines that a call would go to now, in the order of the results. */
  get targets(): readonly EngineId[] {
    return this.calls.engines
  }

  /**
   * Calls the function with these arguments on each engine.
   * @throws CaptureError, CloneError where the function or an argument cannot travel
   */
  apply<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
    ...args: Args
  ): EngineResult<Targets, ResultOf<Returned>, InPlace, PartOf<Returned>> {
    return this.call(fn, args)
  }

  /** The function, called on each engine at each call. */
  remote<Args extends readonly unknown[], Returned>(
    fn: TaskFunction<Args, Returned>,
  ): (...args: Args) => EngineResult<Targets, ResultOf<Returned>, InPlace, PartOf<Returned>> {
    return (...args) => this.apply(fn, ...args)
  }

  /** Puts values into the namespace, by name. */
  push(values: Readonly<Record<string, unknown>>): EngineResult<Targets, undefined, InPlace> {
    return this.call(builtinTasks.push, [{ ...values }])
  }

  /** What a name stands for in the namespace; of a list of names, a list. Rejects with what is missing, and where. */
  pull<Value = unknown>(name: string): EngineResult<Targets, Value, InPlace>
  pull<const Values extends readonly unknown[]>(
    names: {
      readonly [Index in keyof Values]: string
    },
  ): EngineResult<Targets, { -readonly [Index in keyof Values]: Values[Index] }, InPlace>
  pull(names: string | readonly string[]): EngineResult<Targets, unknown, InPlace> {
    return isList(names) ? this.call(builtinTasks.pullAll, [names]) : this.call(builtinTasks.pull, [names])
  }

  /**
   * Runs JavaScript in the namespace: what it declares or assigns at its top are names there, and names are looked up
   * there first, then among the globals. `await` and `import` may stand at its top. Gives the value of the last
   * expression, if the last statement is one; undefined for a function or a symbol.
   * @throws SourceError with the place of what does not parse
   */
  execute<Value = unknown>(source: string): EngineResult<Targets, Value, InPlace> {
    return this.call(builtinTasks.execute, [sourceProgram(source, 'yardmaster:execute', workingFolder())])
  }

  /**
   * Executes a file of JavaScript, which is read here. Its imports are relative to it.
   * @throws SourceError where it does not parse, or is TypeScript
   * @throws ConfigurationError where it cannot be read
   */
  run<Value = unknown>(file: string | URL): EngineResult<Targets, Value, InPlace> {
    const { text, url } = programFile(file)
    return this.call(builtinTasks.execute, [sourceProgram(text, url, url)])
  }

  /**
   * Loads a module on the engines and names it in the namespace: by the last part of its specifier, unless `as` says
   * otherwise. A relative specifier is looked up from the working directory.
   */
  importModule(specifier: string, as: string = moduleName(specifier)): EngineResult<Targets, undefined, InPlace> {
    if (!isIdentifier(as)) throw new ConfigurationError(`${JSON.stringify(as)} is no name that JavaScript could use`)
    return this.call(builtinTasks.importModule, [moduleUrl(specifier), '', as])
  }

  /** Empties the namespace. */
  clear(): EngineResult<Targets, undefined, InPlace> {
    return this.call(builtinTasks.clear, [])
  }

  /**
   * Aborts what runs on the engines, direct or load-balanced, whosever it is; what waits there is unharmed. A task that
   * does not heed its signal is ended with its executor, and then the namespace is lost.
   */
  interrupt(): EngineResult<Targets, undefined, InPlace> {
    return this.#told('interrupt')
  }

  /** Replaces the executors of the engines, with new namespaces: what runs there is lost, what waits goes on. */
  restart(): EngineResult<Targets, undefined, InPlace> {
    return this.#told('restart')
  }

  #told(kind: 'interrupt' | 'restart'): EngineResult<Targets, undefined, InPlace> {
    return this.calls.tell(kind, { isList: this.givesList }) as EngineResult<Targets, undefined, InPlace>
  }

  /** @internal The types of results are stated where a method is. */
  protected call<Result>(fn: TaskFunction<never, unknown>, args: readonly unknown[], combine?: Combine): Result {
    const shape = { isList: this.givesList || combine !== undefined, isStream: isGeneratorFunction(fn) }
    const result = this.calls.broadcast(this.calls.ship(fn), encodeValue(args, 'args'), {
      ...shape,
      ...(combine ? { combine } : {}),
    })
    return result as Result
  }
}
