/** `yardmaster/sim`: the scheduling lab. Workloads, in virtual time, on engines that are only simulated. */
export { type ArrivalProcess, bursty, poisson } from './lab/arrival-processes.ts'
export { type BatchMeansOptions, batchMeans, type SteadyMean } from './lab/batch-means.ts'
export type { ClusterModelOptions } from './lab/cluster-model.ts'
export {
  type Analysis,
  type AnalysisOptions,
  analyse,
  type Pair,
  type ScenarioAnalysis,
} from './lab/compare/analyse.ts'
export { type ComparisonSettings, compareStrategies } from './lab/compare/compare-strategies.ts'
export type { ComparedRun, Comparison, Scenario } from './lab/compare/comparison.ts'
export { enginesOf } from './lab/compare/engines-text.ts'
export type { Gantt, GanttBar } from './lab/compare/gantt.ts'
export type { MeasureName } from './lab/compare/measures.ts'
export { networkOf } from './lab/compare/network-text.ts'
export { quantileShares, type RunResult, type WarmUp } from './lab/compare/run-result.ts'
export { fixedWorkload, generatedWorkload, type WorkloadSource } from './lab/compare/workload-source.ts'
export { bimodal, type Distribution, deterministic, exponential, lognormal, pareto } from './lab/distributions.ts'
export { type EngineSpec, engines } from './lab/engine-spec.ts'
export { type GraphSettings, generateGraph } from './lab/generate/generate-graph.ts'
export {
  forkJoin,
  type GraphShape,
  type GraphTask,
  layered,
  mapReduce,
  randomGraph,
  stencil,
  tree,
} from './lab/generate/graph-shapes.ts'
export { type DrawnWorkload, drawnWorkload } from './lab/generate/workload-generators.ts'
export { generateWorkload, type WorkloadSettings } from './lab/generate-workload.ts'
export type { InformationMode } from './lab/information.ts'
export { jainIndex, type Metrics, type MetricsOptions, metricsOf, type Summary } from './lab/metrics.ts'
export type { NetworkSpec } from './lab/network.ts'
export { type LeftOutJob, readSwf, type SwfLog } from './lab/read/read-swf.ts'
export { readWfFormat } from './lab/read/read-wfformat.ts'
export { readWorkload } from './lab/read/workload-formats.ts'
export { readEsteeGraph } from './lab/read-estee-graph.ts'
export { type EngineRules, esteeRules, type RulesLike, standardRules } from './lab/rules.ts'
export { type Plan, type PlanRun, simulatePlan } from './lab/simulate-plan.ts'
export { type SimulationSettings, simulateWorkload, type WorkloadRun } from './lab/simulate-workload.ts'
export { type FriedmanTest, friedmanTest } from './lab/statistics/friedman-test.ts'
export { holm } from './lab/statistics/holm.ts'
export { type MeanInterval, meanInterval } from './lab/statistics/mean-interval.ts'
export { performanceProfile } from './lab/statistics/performance-profile.ts'
export { type SignedRankTest, signedRankTest } from './lab/statistics/signed-rank-test.ts'
export { warmUpLength } from './lab/statistics/warm-up.ts'
export type { TaskData, Workload } from './lab/workload.ts'
export { type WorkloadObject, type WorkloadTask, workloadOf } from './lab/workload-of.ts'
export type { Provenance } from './report/provenance.ts'
export { renderReport } from './report/render-report.ts'
export { type ExecutedTask, executedTasks } from './trace/executed-tasks.ts'
export { readRecording, workloadOfTrace } from './trace/read-recording.ts'
export { readTrace, type Trace, type TraceTask } from './trace/read-trace.ts'
export { toPerfetto } from './trace/to-perfetto.ts'
export { toWfFormat } from './trace/to-wfformat.ts'
export { traceOfRun } from './trace/trace-of-run.ts'
