import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** They wait for processes, links and clocks most of their time. Begun last, one would run alone at the end. */
const longest = [
  'system/chaos',
  'cli/secrets',
  'system/controller-restart',
  'cli/start-and-stop',
  'system/ssh',
  'system/slurm',
  'system/launcher-slurm',
  'benchmarks/bench',
  'system/direct',
  'system/stalled-client',
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
