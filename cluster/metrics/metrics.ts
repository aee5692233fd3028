import type { BucketCounts } from './bucket-counts.ts'
import type { MetricsSource } from './metrics-source.ts'
import type { RunCounts } from './run-counts.ts'

type Reading = readonly [labels: Readonly<Record<string, string>>, value: number]

/** One metric: its values are read when somebody asks, so that keeping it costs tasks nothing. docs/OBSERVABILITY.md lists them all. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly labels: readonly string[]
  read(source: MetricsSource): readonly Reading[]
}

/** One whose buckets are filled as tasks end. */
export interface HistogramMetric {
  readonly name: string
  readonly help: string
  read(counts: RunCounts): BucketCounts
}

const one = (value: number): readonly Reading[] => [[{}, value]]

const byLabel = (label: string, entries: Iterable<readonly [string, number]>): readonly Reading[] =>
  Array.from(entries, ([name, value]) => [{ [label]: name }, value])

const liveStates = ['waiting', 'ready', 'assigned', 'running'] as const
const endStates = ['succeeded', 'failed', 'aborted', 'timedOut', 'impossible'] as const

export const metrics: readonly Metric[] = [
  {
    name: 'yardmaster_info',
    help: 'Always 1: the name of the cluster, and the strategy in force.',
    type: 'gauge',
    labels: ['cluster', 'strategy'],
    read: ({ cluster, state }) => [[{ cluster, strategy: state.strategy.strategy.name }, 1]],
  },
  {
    name: 'yardmaster_tasks',
    help: 'Tasks that have not ended, by state.',
    type: 'gauge',
    labels: ['state'],
    read: ({ state: { counts } }) =>
      byLabel(
        'state',
        liveStates.map((state) => [state, counts[state]]),
      ),
  },
  {
    name: 'yardmaster_tasks_ended_total',
    help: 'Tasks that have ended, by how.',
    type: 'counter',
    labels: ['state'],
    read: ({ state: { counts } }) =>
      byLabel(
        'state',
        endStates.map((state) => [state, counts[state]]),
      ),
  },
  {
    name: 'yardmaster_tasks_refused_total',
    help: 'Tasks that were not accepted, by the code of the reason.',
    type: 'counter',
    labels: ['code'],
    read: ({ counts }) => byLabel('code', counts.run.refusedTasks),
  },
  {
    name: 'yardmaster_attempts_total',
    help: 'Attempts that engines have answered for, by outcome. Those at an engine that was lost are not among them.',
    type: 'counter',
    labels: ['outcome'],
    read: ({ counts }) => byLabel('outcome', Object.entries(counts.run.attempts)),
  },
  {
    name: 'yardmaster_strategy_faults_total',
    help: 'How often the strategy failed and the least loaded engine was taken instead.',
    type: 'counter',
    labels: [],
    read: ({ counts }) => one(counts.run.strategyFaults),
  },
  {
    name: 'yardmaster_engines',
    help: 'Engines that are there: busy with tasks, or idle.',
    type: 'gauge',
    labels: ['state'],
    read: ({ state: { engines } }) => {
      let busy = 0
      for (const { load, direct } of engines.values()) if (load + direct.length > 0) busy += 1
      return byLabel('state', [
        ['busy', busy],
        ['idle', engines.size - busy],
      ])
    },
  },
  {
    name: 'yardmaster_engines_joined_total',
    help: 'Engines that have joined.',
    type: 'counter',
    labels: [],
    read: ({ counts }) => one(counts.run.enginesJoined),
  },
  {
    name: 'yardmaster_engines_left_total',
    help: 'Engines that are gone: with a goodbye, or lost.',
    type: 'counter',
    labels: ['how'],
    read: ({ counts, lostEngines }) =>
      byLabel('how', [
        ['goodbye', counts.run.enginesLeft - lostEngines],
        ['lost', lostEngines],
      ]),
  },
  {
    name: 'yardmaster_clients',
    help: 'Clients that are connected.',
    type: 'gauge',
    labels: [],
    read: ({ clients }) => one(clients),
  },
  {
    name: 'yardmaster_connections_refused_total',
    help: 'Connections that were turned away.',
    type: 'counter',
    labels: [],
    read: ({ refusedConnections }) => one(refusedConnections),
  },
  traffic('received_bytes', 'Bytes of messages received', 'bytesReceived'),
  traffic('sent_bytes', 'Bytes of messages sent', 'bytesSent'),
  traffic('received_messages', 'Messages received', 'messagesReceived'),
  traffic('sent_messages', 'Messages sent', 'messagesSent'),
  {
    name: 'yardmaster_unsent_bytes',
    help: 'Bytes that links have accepted and not sent yet.',
    type: 'gauge',
    labels: [],
    read: ({ unsentBytes }) => one(unsentBytes),
  },
  {
    name: 'yardmaster_queued_bytes',
    help: 'What tasks take that have not ended.',
    type: 'gauge',
    labels: [],
    read: ({ state }) => one(state.quota.bytes),
  },
  {
    name: 'yardmaster_retained_bytes',
    help: 'What ended tasks take that are kept with their results.',
    type: 'gauge',
    labels: [],
    read: ({ state }) => one(state.retention.bytes),
  },
  {
    name: 'yardmaster_retained_tasks',
    help: 'Ended tasks that are kept with their results.',
    type: 'gauge',
    labels: [],
    read: ({ state }) => one(state.retention.kept.count),
  },
]

export const histograms: readonly HistogramMetric[] = [
  {
    name: 'yardmaster_task_latency_seconds',
    help: 'From the submission of a task to its end.',
    read: ({ latencyMs }) => latencyMs,
  },
  {
    name: 'yardmaster_task_wait_seconds',
    help: 'From the submission of a task to the beginning of its last attempt.',
    read: ({ waitMs }) => waitMs,
  },
  {
    name: 'yardmaster_task_run_seconds',
    help: 'The last attempt of a task, at its engine.',
    read: ({ runMs }) => runMs,
  },
]

function traffic(name: string, help: string, field: keyof MetricsSource['counts']['traffic']['client']): Metric {
  return {
    name: `yardmaster_${name}_total`,
    help: `${help}, by who is at the other end; a stranger has not proved yet who it is.`,
    type: 'counter',
    labels: ['peer'],
    read: ({ counts }) =>
      byLabel(
        'peer',
        Object.entries(counts.traffic).map(([peer, counted]) => [peer, counted[field]]),
      ),
  }
}
