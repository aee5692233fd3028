/**
 * Yardmaster: functions mapped over threads, processes and machines. A program holds a `Client`, submits through its
 * views, and reads `AsyncResult`s; `Cluster` starts everything on this machine.
 */

export type { AdaptOptions } from './cluster/adaptation.ts'
export type { ClusterOptions, LocalClusterOptions } from './cluster/cluster.ts'
export { type ConnectionFile, writeConnectionFile } from './cluster/connection-file.ts'
export type { KubernetesOptions, KubernetesOwner } from './cluster/launchers/kubernetes/kubernetes-options.ts'
export type {
  EngineHandle,
  EnginePlace,
  EngineSeat,
  Launcher,
  LauncherEntry,
  LaunchPreview,
  LaunchSession,
  LaunchSetting,
} from './cluster/launchers/launcher.ts'
export type { EngineKind, TransportAddress, TransportName } from './cluster/launchers/local.ts'
export type { LauncherChoice, LaunchersByName } from './cluster/launchers/options.ts'
export type { ProcessOptions } from './cluster/launchers/process.ts'
export { registerLauncher } from './cluster/launchers/registry.ts'
export type { SlurmOptions } from './cluster/launchers/slurm/slurm-options.ts'
export type { SshHost, SshOptions } from './cluster/launchers/ssh/options.ts'
export type { MetricsOptions } from './cluster/metrics/metrics-server.ts'
export type { SshAddress } from './cluster/remote-controller.ts'
export { type LmdbStoreOptions, openLmdbStore } from './cluster/stores/lmdb-store.ts'
export { MemoryStore } from './cluster/stores/memory-store.ts'
export { type TaskContext, UnmetDependency } from './cluster/task-context.ts'
export type { Clock } from './core/clock.ts'
export * from './core/errors.ts'
export type { EngineId, FunctionHash, SessionId, TaskId } from './core/ids.ts'
export type { Log, LogFields, Logger, LogLevel } from './core/log.ts'
export type { EngineInfo, QueueStatus, TaskState, TaskStatus } from './core/messages.ts'
export type { Random } from './core/random.ts'
export type { StoreChange, TaskStore } from './core/task-store.ts'
export { transfer } from './core/transfer.ts'
export type { TransportOptions } from './core/transport.ts'
export { AsyncResult, type GetOptions } from './views/async-result.ts'
export type { BroadcastView } from './views/broadcast-view.ts'
export { type ApplyOptions, Client, type ClientOptions, type DirectApplyOptions } from './views/client.ts'
export { type Adapting, Cluster } from './views/cluster.ts'
export { CompositeError } from './views/composite-error.ts'
export type { ControllerAddress } from './views/connect.ts'
export type { ConnectOptions } from './views/connector.ts'
export { depend, requires } from './views/depend.ts'
export {
  Dependency,
  type DependencyLike,
  type DependencyOptions,
} from './views/dependency.ts'
export type { DirectFlags } from './views/direct-flags.ts'
export type { DirectParallelFunction, DirectView, FiniteSequencesOf, ScatterOptions } from './views/direct-view.ts'
export type { EngineEntry, EngineResult, EngineSlice, EngineTargets, PerEngine } from './views/engine-targets.ts'
export { bind } from './views/functions/bind.ts'
export { ModuleTask, task, tasks } from './views/functions/module-task.ts'
export {
  type GraphEntry,
  GraphNode,
  type GraphNodes,
  type GraphValues,
  type NodeFlags,
  node,
} from './views/graph-node.ts'
export type { OutputPiece } from './views/heard-output.ts'
export type { Sequence } from './views/item-source.ts'
export type {
  ImapOptions,
  LoadBalancedView,
  MapItem,
  MapResult,
  ParallelFunction,
  SequencesOf,
} from './views/load-balanced-view.ts'
export type { InteractiveOptions } from './views/progress-bar.ts'
export { RemoteError } from './views/remote-error.ts'
export { statesOnly } from './views/states-only.ts'
export type { PartOf, ResultOf, TaskFunction } from './views/task-function.ts'
export type { Progress } from './views/task-group.ts'
export type { TaskIdsHolder, TaskIdsLike } from './views/task-ids.ts'
export type { TaskInfo, TaskQuery } from './views/task-query.ts'
export type { ResultStatus, TaskMetadata } from './views/task-record.ts'
export type { ViewFlags } from './views/view-flags.ts'
