import type { DependencySpec, Effect, SchedulerEvent, TaskSpec } from '../../scheduler/events.ts'
import { resolveStrategy } from '../../scheduler/strategies/named.ts'
import type { ObservedStep } from './accounts.ts'

/** Steps as text for people, one a line: what the scheduler was told → what it asked for. */
export function tellStep({ event, now, effects }: ObservedStep): string {
  const asked = effects.map(tellEffect).join('; ')
  return `at ${now}: ${tellEvent(event)} → ${asked === '' ? 'nothing' : asked}`
}

export function tellEvent(event: SchedulerEvent): string {
  switch (event.type) {
    case 'submit':
      return `submit ${event.tasks.map(tellTask).join('; ')}`
    case 'engineJoined':
      return `engine ${event.engine} joins${event.hwm === undefined ? '' : ` with mark ${event.hwm}`}`
    case 'engineLeft':
      return `engine ${event.engine} is lost`
    case 'drainEngines':
      return `engines ${event.engines.join(', ')} are to leave`
    case 'begun':
      return `engine ${event.engine} has begun ${event.tasks.map(tellAttempt).join(', ')}`
    case 'printed':
      return `engine ${event.engine} says that ${tellAttempt(event)} printed`
    case 'ended':
      return `engine ${event.engine} says ${event.results.map((one) => `${tellAttempt(one)} ${one.outcome}`).join(', ')}`
    case 'abort':
      return `abort ${tellIds(event.tasks)}${event.client === undefined ? '' : ` of ${event.client}`}`
    case 'resubmit':
      return `resubmit ${event.pairs.map(({ from, to }) => `${from} as ${to}`).join(', ')}`
    case 'restore':
      return `taken over: ${tellIds(event.tasks.map(({ spec }) => spec.id))}`
    case 'purge':
      return `purge ${tellIds(event.tasks)}`
    case 'tick':
      return 'time passes'
    case 'setStrategy':
      return `strategy ${resolveStrategy(event.strategy).name}`
    case 'roundTrip':
      return `engine ${event.engine} is ${event.rttMs} ms away`
  }
}

function tellIds(ids: readonly string[]): string {
  return ids.length === 0 ? 'nothing' : ids.join(', ')
}

function tellAttempt({ id, attempt }: { readonly id: string; readonly attempt: number }): string {
  return `${id}#${attempt}`
}

function tellTask({ id, after = [], follow = [], ...rest }: TaskSpec): string {
  const { client, body, targets = [], label, resubmittedFrom, ...limits } = rest
  const words = [
    id,
    ...after.map((one) => `after ${tellDependency(one)}`),
    ...follow.map((one) => `follow ${tellDependency(one)}`),
    ...(targets.length > 0 ? [`targets ${targets.join()}`] : []),
    ...Object.entries(limits).map(([name, value]) => `${name} ${value}`),
  ]
  return words.join(' ')
}

function tellDependency({ ids, all, success, failure }: DependencySpec): string {
  const asked = [...(success ? ['success'] : []), ...(failure ? ['failure'] : [])].join(' or ')
  return `${asked === '' ? 'no end' : asked} of ${all ? 'all' : 'any'} [${ids.join(', ')}]`
}

function tellEffect(effect: Effect): string {
  switch (effect.type) {
    case 'assign':
      return `${effect.task.id}#${effect.attempt} to ${effect.engine}`
    case 'end':
      return `${effect.task.id} ${effect.task.status}${effect.task.fault ? ` (${effect.task.fault.code})` : ''}`
    case 'cancel':
    case 'recall':
      return `${effect.type} ${tellAttempt(effect)} at ${effect.engine}`
    case 'release':
      return `engine ${effect.engine} may leave`
    case 'refuse':
      return `refuse to ${effect.request} ${effect.id} (${effect.fault.code})`
    case 'strategyFault':
      return `fault of strategy ${effect.strategy}: ${effect.fault.message}`
  }
}
