import type { AttemptOutcome, HighWaterMark, TaskSpec } from '../../scheduler/events.ts'
import { resolveStrategy } from '../../scheduler/strategies/named.ts'
import type { StrategyLike } from '../../scheduler/strategies/strategy.ts'

/**
 * One thing that happens to a scheduler. Tasks, attempts and engines are picked by small numbers, counted among what there
 * is at that moment, so that a history still makes sense when some of its commands are left out.
 */
export type Command =
  | { readonly do: 'submit'; readonly tasks: readonly TaskChoice[] }
  /** A direct task with the same body for each. */
  | { readonly do: 'broadcast'; readonly picks: readonly number[] }
  | { readonly do: 'join'; readonly hwm: HighWaterMark }
  | Picking<'begin' | 'answer' | 'lose' | 'drain' | 'giveBack' | 'purge' | 'resubmit' | 'repeat'>
  /** One message of an engine, with up to `count` results. */
  | { readonly do: 'finish'; readonly pick: number; readonly count: number; readonly outcome: AttemptOutcome }
  | { readonly do: 'abort'; readonly picks: readonly number[]; readonly isForeign: boolean }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'late'; readonly pick: number; readonly how: Lateness; readonly outcome: AttemptOutcome }
  | { readonly do: 'swap'; readonly strategy: StrategyLike }
  | { readonly do: 'measure'; readonly pick: number; readonly rttMs: number }

type Picking<Do> = Do extends string ? { readonly do: Do; readonly pick: number } : never

/** News of an attempt from an engine that was lost, from one that does not have it, or with another attempt's number. */
export type Lateness = 'lostEngine' | 'otherEngine' | 'earlierAttempt' | 'laterAttempt'

/** A dependency, by how far back the tasks are that it names. */
export interface DependencyChoice {
  /** Each names a task by how many submissions back it was; below zero one of the future, 0 itself. */
  readonly back: readonly number[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean
}

/** A task that a history submits. */
export interface TaskChoice {
  readonly after: readonly DependencyChoice[]
  readonly follow: readonly DependencyChoice[]
  readonly targets: readonly number[]
  /** It is a direct task for this live engine, or for one that is not there; then only some of the rest holds. */
  readonly direct: number | undefined
  readonly limits: Partial<
    Pick<TaskSpec, 'retries' | 'queueTimeoutMs' | 'priority' | 'retryOnEngineLoss' | 'onUnmet' | 'label'>
  >
}

/** One line. */
export function tellCommand(command: Command): string {
  switch (command.do) {
    case 'submit':
      return `submit ${command.tasks.map(tellChoice).join('; ')}`
    case 'broadcast':
      return `broadcast to live engines ${command.picks}`
    case 'join':
      return `an engine joins with mark ${command.hwm}`
    case 'lose':
      return `live engine ${command.pick} is lost`
    case 'drain':
      return `live engine ${command.pick} is to leave`
    case 'begin':
      return `attempt ${command.pick} begins`
    case 'answer':
      return `the engine answers recall or cancel ${command.pick}`
    case 'giveBack':
      return `live engine ${command.pick} gives back all that it has not begun`
    case 'finish':
      return `attempt ${command.pick}${command.count > 1 ? ` (${command.count} at once)` : ''} ${command.outcome}`
    case 'abort':
      return `abort ${command.picks.map(tellBack).join(', ') || 'nothing'}${command.isForeign ? ' by another client' : ''}`
    case 'purge':
    case 'resubmit':
      return `${command.do} ${tellBack(command.pick)}`
    case 'repeat':
      return `message ${command.pick} from the last comes again`
    case 'pass':
      return `${command.ms} ms pass`
    case 'late':
      return `news of attempt ${command.pick}, ${command.outcome}: ${command.how}`
    case 'swap':
      return `strategy ${resolveStrategy(command.strategy).name}`
    case 'measure':
      return `live engine ${command.pick} is ${command.rttMs} ms away`
  }
}

function tellBack(back: number): string {
  return `−${back}`
}

function tellChoice({ after, follow, targets, direct, limits }: TaskChoice): string {
  const tell = (word: string) => (choice: DependencyChoice) => {
    const { back, all, success, failure } = choice
    const asked = `${success ? '✓' : ''}${failure ? '✗' : ''}`
    return `${word} ${all ? 'all' : 'any'}[${back.map(tellBack)}]${asked}`
  }
  const words = [
    ...(direct === undefined ? [] : [`direct to live engine ${direct}`]),
    ...after.map(tell('after')),
    ...follow.map(tell('follow')),
    ...(targets.length > 0 ? [`targets[${targets}]`] : []),
    ...Object.entries(limits).map(([name, value]) => `${name}=${value}`),
  ]
  return words.length === 0 ? 'a task' : `a task (${words.join(' ')})`
}
