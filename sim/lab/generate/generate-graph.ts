import { seededRandom } from '../../../core/random.ts'
import type { Distribution } from '../distributions.ts'
import type { Workload } from '../workload.ts'
import { workloadOf } from '../workload-of.ts'
import type { GraphShape } from './graph-shapes.ts'

/** What the tasks of a drawn graph are like. */
export interface GraphSettings {
  /** In milliseconds, on an engine of speed 1. */
  readonly durations: Distribution
  /** Of each object. Default: no data travels. */
  readonly bytes?: Distribution
  /** Default 0. */
  readonly seed?: number | string
}

/**
 * A graph of tasks of one core, all submitted at once. Links, durations and sizes are drawn from streams of their own: under one seed, other
 * links leave every task its duration.
 */
export function generateGraph(shape: GraphShape, { durations, bytes, seed = 0 }: GraphSettings): Workload {
  const random = seededRandom(seed)
  const tasks = shape.draw(random.substream('links'))
  const [durationStream, byteStream] = [random.substream('durations'), random.substream('bytes')]
  return workloadOf(
    tasks.map(({ outputs, inputs }) => ({
      durationMs: durations.draw(durationStream),
      outputs: Array.from({ length: outputs }, () => ({ bytes: bytes?.draw(byteStream) ?? 0 })),
      inputs,
    })),
  )
}
