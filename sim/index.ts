/** `yardmaster/sim`: the scheduling lab. Workloads, in virtual time, on engines that are only simulated. */
export type { ClusterModelOptions } from './lab/cluster-model.ts'
export { type EngineSpec, engines } from './lab/engine-spec.ts'
export type { NetworkSpec } from './lab/network.ts'
export { readEsteeGraph } from './lab/read-estee-graph.ts'
export { type EngineRules, esteeRules, type RulesLike, standardRules } from './lab/rules.ts'
export { type Plan, type PlanRun, simulatePlan } from './lab/simulate-plan.ts'
export type { TaskData, Workload } from './lab/workload.ts'
export { type WorkloadObject, type WorkloadTask, workloadOf } from './lab/workload-of.ts'
