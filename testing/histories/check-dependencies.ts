import { currentAttempt, type ObservedStep, type TaskAccount } from './accounts.ts'
import type { InvariantCheck, Scene } from './invariant-check.ts'
import type { Ledger } from './ledger.ts'
import {
  findCircular,
  findStuck,
  isHopeless,
  isRefusedEverywhere,
  possibleEngines,
  type Verdict,
  verdictOf,
} from './prospects.ts'

/** Of tasks that depend on others, or on places: they run if they can, and end as soon as they cannot. */

/** Checks that for every dependency, met and unreachable exclude each other and never revert. */
export const verdictsAreFinal: InvariantCheck = {
  number: 7,
  sentence: 'for every dependency, met and unreachable exclude each other and never revert',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'end' || effect.task.status !== 'impossible') return
    const { id, fault } = effect.task
    const blamed = ledger.tasks
      .get(id)
      ?.dependencies.filter(({ spec }) => spec.ids.some((one) => one === fault?.details?.dependency))
    if (blamed !== undefined && blamed.length > 0 && blamed.every((one) => verdictOf(one) === 'met'))
      yield `the dependency of ${id} on ${fault?.details?.dependency} is met, and taken for unreachable`
  },
  *afterStep(_step, { ledger, state }) {
    for (const task of ledger.pending) {
      if (task.dependencies.length === 0) continue
      const verdicts = task.dependencies.map(verdictOf)
      const specs = state.tasks.get(task.id)?.dependencies?.specs
      const held = specs?.map((spec): Verdict => (spec.met ? 'met' : 'open')) ?? verdicts.map((): Verdict => 'met')
      if (held.join() !== verdicts.join())
        yield `the dependencies of ${task.id} are [${verdicts.join(', ')}], and taken for [${held.join(', ')}]`
    }
  },
}

/** Checks that unreachability spreads to every transitive dependent, and to nothing else. */
export const unreachabilitySpreads: InvariantCheck = {
  number: 8,
  sentence: 'unreachability spreads to every transitive dependent, and to nothing else',
  *onEffect(effect, step, { ledger }) {
    if (effect.type === 'end' && effect.task.status === 'impossible')
      yield* unfounded(ledger, step, ledger.tasks.get(effect.task.id), 'neither')
  },
  *afterStep(_step, { ledger }) {
    for (const task of ledger.pending) {
      const broken = task.dependencies.find((one) => !one.where && verdictOf(one) === 'unreachable')
      if (broken !== undefined) yield `${task.id} goes on, though what it runs after (${broken.spec.ids}) is over`
    }
    const stuck = [...findStuck(ledger).keys()].map((task) => task.id)
    if (stuck.length > 0) yield `${stuck.join(', ')} wait for each other`
  },
}

/** Checks that follow on what never ran, or ran on an engine now gone, terminates. */
export const followTerminates: InvariantCheck = {
  number: 9,
  sentence: 'follow on what never ran, or ran on an engine now gone, terminates',
  *onEffect(effect, step, { ledger }) {
    if (effect.type === 'end' && effect.task.status === 'impossible')
      yield* unfounded(ledger, step, ledger.tasks.get(effect.task.id), 'follow')
  },
  *afterStep(_step, { ledger }) {
    for (const task of ledger.pending) {
      const where = task.dependencies.filter((one) => one.where)
      if (where.length === 0) continue
      const broken = where.find((one) => verdictOf(one) === 'unreachable')
      if (broken !== undefined) yield `${task.id} goes on, though it can no longer follow ${broken.spec.ids}`
      else if (possibleEngines(ledger, task).length === 0) yield `${task.id} goes on, though no engine is left for it`
    }
  },
}

/** Checks that a task refused by every eligible engine terminates (unless told to wait). */
export const refusedEverywhereEnds: InvariantCheck = {
  number: 10,
  sentence: 'a task refused by every eligible engine terminates (unless told to wait)',
  *onEffect(effect, _step, { ledger }) {
    if (effect.type !== 'end' || effect.task.fault?.code !== 'YM_UNMET_DEPENDENCY') return
    const task = ledger.tasks.get(effect.task.id)
    if (task !== undefined && !isRefusedEverywhere(ledger, task))
      yield `${task.id} ended as refused everywhere, and only ${[...task.refusedBy]} refused it`
  },
  *afterStep(_step, { ledger }) {
    for (const task of ledger.pending)
      if (isRefusedEverywhere(ledger, task)) yield `${task.id} goes on, though every engine refused it`
  },
}

/** Checks that a task none of whose targets is alive and can return fails at once. */
export const lostTargetsEnd: InvariantCheck = {
  number: 14,
  sentence: 'a task none of whose targets is alive and can return fails at once',
  *onEffect(effect, step, { ledger }) {
    if (effect.type === 'end' && effect.task.status === 'impossible')
      yield* unfounded(ledger, step, ledger.tasks.get(effect.task.id), 'targets')
  },
  *afterStep(_step, { ledger }) {
    for (const task of ledger.pending) {
      if ((task.spec.targets ?? []).length === 0 || kindOf(task) === 'follow') continue
      if (currentAttempt(task) === undefined && possibleEngines(ledger, task).length === 0)
        yield `${task.id} goes on, though of its targets ${task.spec.targets} none is left`
    }
  },
}

/** What binds it to places. */
function kindOf(task: TaskAccount): 'follow' | 'targets' | 'neither' {
  if (task.dependencies.some((one) => one.where)) return 'follow'
  return (task.spec.targets ?? []).length > 0 ? 'targets' : 'neither'
}

/** An impossible end of a task that something which can still happen would let run. */
function* unfounded(
  ledger: Ledger,
  step: ObservedStep,
  task: TaskAccount | undefined,
  kind: ReturnType<typeof kindOf>,
): Iterable<string> {
  if (task === undefined || kindOf(task) !== kind || isUnplaceable(ledger, step, task)) return
  yield `${task.id} ended as impossible, and could still have run`
}

/** Nothing that can still happen lets it run: by itself, or as one of a circle that this step closed. */
export function isUnplaceable(ledger: Scene['ledger'], step: ObservedStep, task: TaskAccount): boolean {
  if (isHopeless(ledger, task)) return true
  // The tasks of a circle end one after the other: what the first one leaves behind is no circle any more.
  const known = circles.get(step) ?? new Set()
  circles.set(step, known)
  if (known.has(task)) return true
  for (const one of findCircular(ledger)) known.add(one)
  return known.has(task)
}

const circles = new WeakMap<ObservedStep, Set<TaskAccount>>()
