import { ConfigurationError } from '../../../core/errors.ts'
import type { Metrics } from '../metrics.ts'

/** A number of a run by which strategies are compared: the less the better. */
export interface Measure {
  readonly name: string
  readonly says: string
  readonly unit: 'ms' | 'bytes' | ''
  of(metrics: Metrics): number
}

export const measures = [
  { name: 'makespan', says: 'makespan', unit: 'ms', of: ({ makespanMs }) => makespanMs },
  { name: 'makespanRatio', says: 'makespan / lower bound', unit: '', of: ({ makespanRatio }) => makespanRatio },
  { name: 'response', says: 'mean response time', unit: 'ms', of: ({ responseMs }) => responseMs.mean },
  { name: 'responseP50', says: 'median response time', unit: 'ms', of: ({ responseMs }) => responseMs.p50 },
  {
    name: 'responseP95',
    says: '95th percentile of response times',
    unit: 'ms',
    of: ({ responseMs }) => responseMs.p95,
  },
  {
    name: 'responseP99',
    says: '99th percentile of response times',
    unit: 'ms',
    of: ({ responseMs }) => responseMs.p99,
  },
  { name: 'wait', says: 'mean wait', unit: 'ms', of: ({ waitMs }) => waitMs.mean },
  { name: 'waitP95', says: '95th percentile of waits', unit: 'ms', of: ({ waitMs }) => waitMs.p95 },
  { name: 'waitP99', says: '99th percentile of waits', unit: 'ms', of: ({ waitMs }) => waitMs.p99 },
  {
    name: 'slowdown',
    says: 'mean bounded slowdown (10 s)',
    unit: '',
    of: ({ boundedSlowdown }) => boundedSlowdown.mean,
  },
  {
    name: 'slowdownP95',
    says: '95th percentile of bounded slowdowns',
    unit: '',
    of: ({ boundedSlowdown }) => boundedSlowdown.p95,
  },
  { name: 'bytesMoved', says: 'bytes moved', unit: 'bytes', of: ({ bytesMoved }) => bytesMoved },
  { name: 'messagesPerTask', says: 'messages for each task', unit: '', of: ({ messagesPerTask }) => messagesPerTask },
] as const satisfies readonly Measure[]

/** What strategies can be compared by. */
export type MeasureName = (typeof measures)[number]['name']

/** @throws ConfigurationError for an unknown name */
export function measureOf(name: string): Measure {
  const found = measures.find((one) => one.name === name)
  if (found !== undefined) return found
  throw new ConfigurationError(`there is no measure '${name}'. There are ${measures.map((one) => one.name).join(', ')}`)
}
