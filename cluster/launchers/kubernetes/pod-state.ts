/** What the status of a pod says of its engine. */
import type { V1Pod } from '@kubernetes/client-node'

export type PodState =
  /** `reason`: why it does not begin, where Kubernetes says. `isUsual`: that ends by itself. */
  | { readonly phase: 'waiting'; readonly reason: string | undefined; readonly isUsual: boolean }
  | { readonly phase: 'running'; readonly node: string | undefined }
  | { readonly phase: 'left' }
  | { readonly phase: 'failed'; readonly how: string }

const usualWaits = new Set(['ContainerCreating', 'PodInitializing'])

export function podState(pod: V1Pod): PodState {
  const { phase, reason, message } = pod.status ?? {}
  const container = pod.status?.containerStatuses?.find(({ name }) => name === 'engine')
  const ended = container?.state?.terminated
  if (phase === 'Succeeded' || (ended !== undefined && ended.exitCode === 0)) {
    const disruption = disruptionOf(pod)
    return disruption === undefined ? { phase: 'left' } : { phase: 'failed', how: disruption }
  }
  if (phase === 'Failed' || ended !== undefined) {
    const disruption = disruptionOf(pod)
    const code = ended === undefined ? undefined : `exit code ${ended.exitCode}`
    const parts = [reason ?? ended?.reason, disruption, code, message ?? ended?.message?.trim()]
    return { phase: 'failed', how: parts.filter((part) => part !== undefined && part !== '').join(': ') }
  }
  if (container?.state?.running !== undefined) return { phase: 'running', node: pod.spec?.nodeName }
  const waits = container?.state?.waiting
  if (waits?.reason !== undefined) {
    const text = waits.message === undefined ? waits.reason : `${waits.reason}: ${waits.message}`
    return { phase: 'waiting', reason: text, isUsual: usualWaits.has(waits.reason) }
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') {
    // It is as often a matter of time, or of a cluster that grows, as one of a request that no machine can meet.
    const text = [scheduled.reason, scheduled.message].filter((part) => part !== undefined).join(': ')
    return { phase: 'waiting', reason: text, isUsual: false }
  }
  return { phase: 'waiting', reason: undefined, isUsual: true }
}

/** Where Kubernetes itself took the machine or the room from it. */
function disruptionOf(pod: V1Pod): string | undefined {
  const found = pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')
  return found && [found.reason, found.message].filter((part) => part !== undefined).join(': ')
}
