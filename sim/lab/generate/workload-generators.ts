import { ConfigurationError } from '../../../core/errors.ts'
import { type ArrivalProcess, bursty, poisson } from '../arrival-processes.ts'
import type { Distribution } from '../distributions.ts'
import { generateWorkload } from '../generate-workload.ts'
import type { Workload } from '../workload.ts'
import { generateGraph } from './generate-graph.ts'
import { forkJoin, type GraphShape, layered, mapReduce, randomGraph, stencil, tree } from './graph-shapes.ts'
import { distributionForms, SpecParameters } from './spec-parameters.ts'

/** A workload that is drawn anew for each seed. */
export interface DrawnWorkload {
  draw(seed: number | string): Workload
  /** Of an open workload: the work that arrives in a time, on average, in milliseconds of one core for each millisecond. */
  readonly offered?: number
}

/** A kind of workload that is drawn, under the name by which specifications ask for it. */
interface WorkloadGenerator {
  /** What `parameters` are, as in `tasks=COUNT,durations=DISTRIBUTION`. */
  readonly usage: string
  /** Takes each parameter that there may be. Throws a `ConfigurationError` for what cannot be. */
  from(parameters: SpecParameters): DrawnWorkload
}

/** All that a specification may begin with. */
const workloadGenerators: Readonly<Record<string, WorkloadGenerator>> = {
  poisson: {
    usage: 'perSecond=RATE,tasks=COUNT,durations=DISTRIBUTION',
    from(parameters) {
      const perSecond = parameters.number('perSecond')
      return open(parameters, perSecond, poisson({ perSecond }))
    },
  },
  bursty: {
    usage: 'perSecond=RATE,onMs=MEAN,offMs=MEAN,tasks=COUNT,durations=DISTRIBUTION',
    from(parameters) {
      const perSecond = parameters.number('perSecond')
      const [onMs, offMs] = [parameters.number('onMs'), parameters.number('offMs')]
      return open(parameters, perSecond, bursty({ perSecond, onMs, offMs }))
    },
  },
  batch: {
    usage: 'tasks=COUNT,durations=DISTRIBUTION',
    from(parameters) {
      const tasks = parameters.count('tasks')
      const durations = parameters.distribution('durations')
      return { draw: (seed) => generateWorkload({ tasks, durations, seed }) }
    },
  },
  random: graph('tasks=COUNT,probability=NUMBER', (parameters) =>
    randomGraph({ tasks: parameters.count('tasks'), probability: parameters.number('probability') }),
  ),
  layered: graph('layers=COUNT,width=COUNT,probability=NUMBER', (parameters) =>
    layered({
      layers: parameters.count('layers'),
      width: parameters.count('width'),
      probability: parameters.number('probability'),
    }),
  ),
  forkJoin: graph('stages=COUNT,width=COUNT', (parameters) =>
    forkJoin({ stages: parameters.count('stages'), width: parameters.count('width') }),
  ),
  mapReduce: graph('maps=COUNT,reduces=COUNT', (parameters) =>
    mapReduce({ maps: parameters.count('maps'), reduces: parameters.count('reduces') }),
  ),
  stencil: graph('width=COUNT,steps=COUNT', (parameters) =>
    stencil({ width: parameters.count('width'), steps: parameters.count('steps') }),
  ),
  outTree: graph('levels=COUNT,arity=COUNT', (parameters) =>
    tree({ levels: parameters.count('levels'), arity: parameters.count('arity') }),
  ),
  inTree: graph('levels=COUNT,arity=COUNT', (parameters) =>
    tree({ levels: parameters.count('levels'), arity: parameters.count('arity'), direction: 'in' }),
  ),
}

const noData: Distribution = { mean: 0, squaredVariation: 0, draw: () => 0 }

function graph(usage: string, shapeOf: (parameters: SpecParameters) => GraphShape): WorkloadGenerator {
  return {
    usage: `${usage},durations=DISTRIBUTION[,bytes=DISTRIBUTION]`,
    from(parameters) {
      const shape = shapeOf(parameters)
      const durations = parameters.distribution('durations')
      const bytes = parameters.distribution('bytes', { byDefault: noData })
      return { draw: (seed) => generateGraph(shape, { durations, bytes, seed }) }
    },
  }
}

/** How each is written, a line for each kind. */
export const workloadForms = Object.entries(workloadGenerators).map(([name, { usage }]) => `${name}:${usage}`)

function open(parameters: SpecParameters, perSecond: number, arrivals: ArrivalProcess): DrawnWorkload {
  const tasks = parameters.count('tasks')
  const durations = parameters.distribution('durations')
  return {
    draw: (seed) => generateWorkload({ tasks, durations, arrivals, seed }),
    offered: (perSecond / 1_000) * durations.mean,
  }
}

/** Whether a text is meant as a specification, and not as the name of a file. */
export function isWorkloadSpec(text: string): boolean {
  return Object.hasOwn(workloadGenerators, text.split(':', 1)[0] as string)
}

/**
 * The workload of a specification: the name of a generator and its parameters, as in
 * `poisson:perSecond=80,tasks=50000,durations=exponential:100`. Durations are milliseconds.
 *
 * @throws ConfigurationError that says what is wrong, and how it is written
 */
export function drawnWorkload(spec: string): DrawnWorkload {
  const mark = spec.indexOf(':')
  const name = mark === -1 ? spec : spec.slice(0, mark)
  const generator = isWorkloadSpec(name) ? workloadGenerators[name] : undefined
  if (generator === undefined) {
    throw new ConfigurationError(`there is no generator of workloads '${name}'. There are: ${workloadForms.join('; ')}`)
  }
  const parameters = new SpecParameters(spec, mark === -1 ? '' : spec.slice(mark + 1))
  try {
    const drawn = generator.from(parameters)
    parameters.checkAllTaken()
    return drawn
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const prefix = error.message.startsWith(`workload '`) ? '' : `workload '${spec}': `
    throw new ConfigurationError(
      `${prefix}${error.message}. It is written ${name}:${generator.usage}; a DISTRIBUTION is one of ${distributionForms.join(', ')}`,
      { cause: error, details: { workload: spec } },
    )
  }
}
