import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** They wait for processes, links and clocks most of their time. Begun last, one would run alone at the end. */
const longest = [
  'system/controller-restart',
  'package/installed-package',
  'system/chaos',
  'cli/start-and-stop',
  'system/stalled-client',
  'system/slurm',
  'system/ssh',
  'cli/simulate-workloads',
  'system/left-behind',
  'benchmarks/bench',
  'system/launcher-ssh',
  'cli/secrets',
  'benchmarks/contenders',
  'functions/environments',
  'system/kubernetes',
  'system/records',
  'cli/map',
  'system/strangers',
  'docs/readme',
  'system/tracing',
  'docs/lab-tutorial',
]

/** On a fresh checkout no times are known: vitest would go by the sizes of the files. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return place === -1 ? longest.length : place
}
