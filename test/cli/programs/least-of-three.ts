import { strategy } from 'yardmaster/scheduler'

/** Of three engines drawn at random the least loaded. Ties: the first drawn. */
export default strategy('least-of-three', (_task, engines) =>
  engines.sample(3).reduce((best, engine) => (engine.load < best.load ? engine : best)),
)

/** Only a rule. */
export const first = (_task: unknown, engines: { at(i: number): unknown }) => engines.at(0)
