import { measureOf } from '../lab/compare/measures.ts'
import type { ExperimentArguments, Plan } from './plan.ts'

/** What an experiment was set to, for people: by name. */
export function settingsInWords({ workloads, repeat, loads, settings }: ExperimentArguments, plan: Plan) {
  const { hwm, information, decisionDelayMs, decisionIntervalMs, warmUp, seed } = settings
  const different = (part: 'engines' | 'network') => [...new Set(plan.scenarios.map((one) => one[part]))].join(', ')
  const words: Record<string, string> = {
    workloads: workloads.join(', '),
    strategies: plan.strategies.join(', '),
    engines: different('engines'),
    network: different('network'),
    loads: loads?.join(', ') ?? 'as the workloads are',
    repetitions: String(repeat),
    seed: String(seed),
    'tasks at an engine': hwm === 'cores' ? 'as many as it has cores' : hwm === 0 ? 'no limit' : String(hwm),
    information: information ?? 'none',
    'a decision takes': `${decisionDelayMs} ms`,
    'between decisions': `${decisionIntervalMs} ms`,
    'warm-up that is left out':
      warmUp === undefined
        ? 'MSER-5 where arrivals are drawn, else none'
        : warmUp === 'mser'
          ? 'MSER-5'
          : `the first ${100 * warmUp} % of the tasks`,
    measures: plan.measures.map((name) => measureOf(name).says).join(', '),
  }
  return words
}
