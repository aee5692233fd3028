/**
 * Yardmaster in a browser: a `Client` in a page, and engines whose tasks run in a Web Worker. What is published under this name is one
 * module, bundled, without anything of Node.
 */
import { type BrowserEngineOptions, startBrowserEngine } from './cluster/browser-engine.ts'
import type { Engine } from './cluster/engine.ts'

export type { BrowserEngineOptions } from './cluster/browser-engine.ts'
export type { Engine } from './cluster/engine.ts'
export { currentTask, type TaskContext, UnmetDependency } from './cluster/task-context.ts'
export * from './core/errors.ts'
export type { EngineId, FunctionHash, SessionId, TaskId } from './core/ids.ts'
export type { EngineInfo, QueueStatus, TaskState, TaskStatus } from './core/messages.ts'
export { transfer } from './core/transfer.ts'
export type { TransportOptions } from './core/transport.ts'
export { AsyncResult, type GetOptions } from './views/async-result.ts'
export type { BroadcastView } from './views/broadcast-view.ts'
export { type ApplyOptions, Client, type ClientOptions, type DirectApplyOptions } from './views/client.ts'
export { CompositeError } from './views/composite-error.ts'
export { Dependency, type DependencyLike, type DependencyOptions } from './views/dependency.ts'
export type { DirectView } from './views/direct-view.ts'
export { bind } from './views/functions/bind.ts'
export { ModuleTask, task, tasks } from './views/functions/module-task.ts'
export { GraphNode, type NodeFlags, node } from './views/graph-node.ts'
export type { LoadBalancedView } from './views/load-balanced-view.ts'
export { RemoteError } from './views/remote-error.ts'
export type { TaskFunction } from './views/task-function.ts'
export type { ViewFlags } from './views/view-flags.ts'

/**
 * Starts an engine in this page, or in a worker of it: its link here, its tasks one at a time in a Web Worker of their own. Resolves when the
 * controller has admitted it.
 * @throws AddressError, UnreachableError, AuthenticationError, VersionError, ConfigurationError
 */
export function startEngine(options: BrowserEngineOptions): Promise<Engine> {
  return startBrowserEngine(options, options.executorUrl ?? new URL('./browser-executor.js', import.meta.url))
}
