import type { SessionId, TaskId } from '../../core/ids.ts'
import type { AttemptOutcome, DependencySpec, SchedulerEvent, TaskSpec } from '../../scheduler/events.ts'
import type { Attempt } from './accounts.ts'
import type { Command, DependencyChoice, Lateness, TaskChoice } from './commands.ts'
import type { History } from './history.ts'
import type { InvariantCheck } from './invariant-check.ts'
import { answerOf, resultOf, Yard } from './yard.ts'

const client = 't' as SessionId

/** As a pick of a direct task's engine: that very number, which seldom is there. */
const absent = 9

/** How a history is played. */
export interface PlayOptions {
  /** Held after each step. All, where nothing is said. */
  readonly checks?: readonly InvariantCheck[]
  /** Whether in the end engines come and answer for everything, so that every task must end. Default true. */
  readonly heal?: boolean
}

/** Plays a history. Throws an `InvariantViolation` at the first step that breaks a rule. */
export function playHistory({ config, engines, commands }: History, { checks, heal = true }: PlayOptions = {}): Yard {
  const yard = new Yard(config, checks)
  yard.join(engines)
  const player = new Player(yard)
  for (const command of commands) player.play(command)
  if (heal) yard.heal()
  return yard
}

/** Makes events of commands: the numbers in them become tasks, attempts and engines that are there. */
export class Player {
  private readonly yard: Yard
  private submitted = 0

  constructor(yard: Yard) {
    this.yard = yard
  }

  play(command: Command): void {
    const { yard } = this
    if (command.do === 'submit') yard.submit(...command.tasks.map((task) => this.specOf(task)))
    else if (command.do === 'broadcast') this.broadcast(command.picks)
    else if (command.do === 'join') yard.join(1, command.hwm)
    else if (command.do === 'finish') this.finish(command)
    else if (command.do === 'abort') this.abort(command)
    else if (command.do === 'pass') yard.pass(command.ms)
    else if (command.do === 'late') this.late(command)
    else if (command.do === 'swap') yard.send({ type: 'setStrategy', strategy: command.strategy })
    else if (command.do === 'purge') yard.send({ type: 'purge', tasks: [this.name(command.pick)] })
    else if (command.do === 'resubmit') this.resubmit(command.pick)
    else if (command.do === 'repeat') this.repeat(command.pick)
    else if (command.do === 'begin' || command.do === 'answer') this.tell(command)
    else this.engineDoes(command)
  }

  private broadcast(picks: readonly number[]): void {
    const body = { broadcastAfter: this.submitted }
    this.yard.submit(...picks.map((pick) => this.directSpec(pick, body)))
  }

  private finish({ pick, count, outcome }: Extract<Command, { do: 'finish' }>): void {
    const first = nth(this.yard.outstanding(), pick)
    if (first === undefined) return
    const { engine } = first
    const others = this.yard.outstanding().filter((attempt) => attempt.engine === engine && attempt !== first)
    this.endAll(engine, [first, ...others.slice(0, count - 1)], outcome)
  }

  private endAll(engine: number, attempts: readonly Attempt[], outcome: AttemptOutcome): void {
    const results = attempts
      .filter((attempt) => isTrue(attempt, outcome))
      .map((attempt) => resultOf(attempt, outcome, `${outcome} ${attempt.id}#${attempt.attempt}`))
    if (results.length > 0) this.yard.send({ type: 'ended', engine, results })
  }

  private tell(command: Extract<Command, { do: 'begin' | 'answer' }>): void {
    const out = this.yard.outstanding()
    if (command.do === 'begin') {
      const attempt = nth(out, command.pick)
      if (attempt !== undefined) this.yard.begin(attempt)
      return
    }
    const asked = nth(
      out.filter((attempt) => attempt.asked !== 'nothing'),
      command.pick,
    )
    if (asked !== undefined) this.yard.end(asked, asked.asked === 'cancel' ? 'aborted' : answerOf(asked))
  }

  private engineDoes(command: Extract<Command, { do: 'lose' | 'drain' | 'giveBack' | 'measure' }>): void {
    const engine = nth(this.yard.liveEngines(), command.pick)
    if (engine === undefined) return
    if (command.do === 'lose') this.yard.lose(engine)
    else if (command.do === 'drain') this.yard.drain(engine)
    else if (command.do === 'measure') this.yard.send({ type: 'roundTrip', engine, rttMs: command.rttMs })
    else if (command.do === 'giveBack') {
      const there = this.yard.outstanding().filter((attempt) => attempt.engine === engine)
      this.endAll(engine, there, 'recalled')
    }
  }

  private abort({ picks, isForeign }: Extract<Command, { do: 'abort' }>): void {
    const tasks = picks.map((pick) => this.name(pick))
    this.yard.send({ type: 'abort', tasks, ...(isForeign ? { client: 'another client' as SessionId } : {}) })
  }

  private resubmit(pick: number): void {
    const from = this.name(pick)
    this.submitted += 1
    this.yard.resubmit(from, this.name(0))
  }

  private repeat(pick: number): void {
    const event = nth(this.yard.told.toReversed(), pick)
    if (event !== undefined && !this.isAmbiguous(event)) this.yard.send(event)
  }

  /** A forgotten id can be used again; then an engine's answer for the older task could be taken for the newer one's. */
  private isAmbiguous(event: SchedulerEvent): boolean {
    if (event.type !== 'submit' && event.type !== 'resubmit') return false
    const ids = event.type === 'submit' ? event.tasks.map((task) => task.id) : event.pairs.map((pair) => pair.to)
    return this.yard.outstanding().some((attempt) => ids.includes(attempt.id))
  }

  private late({ pick, how, outcome }: Extract<Command, { do: 'late' }>): void {
    const { ledger } = this.yard.observer
    const attempt = nth(how === 'lostEngine' ? ledger.sent.filter(isGone) : this.yard.outstanding(), pick)
    if (attempt === undefined) return
    const news = falsified(attempt, how, this.yard.liveEngines())
    if (outcome === 'succeeded' && pick % 2 === 1) this.yard.begin(news)
    else this.yard.end(news, outcome)
  }

  private name(back: number): TaskId {
    return `t.${this.submitted - back}` as TaskId
  }

  private directSpec(pick: number, body: unknown): TaskSpec {
    this.submitted += 1
    const live = this.yard.liveEngines()
    // Not its own number: that engine may be there, and kept out of play.
    const target = (pick === absent ? undefined : nth(live, pick)) ?? absent
    return { id: this.name(0), client, body, ...this.sizes(), targets: [target], direct: true }
  }

  private specOf({ after, follow, targets, direct, limits }: TaskChoice): TaskSpec {
    if (direct !== undefined) {
      const { retries, priority, ...others } = limits
      return { ...this.directSpec(direct, 'direct'), ...others }
    }
    this.submitted += 1
    const dependencyOf = ({ back, ...flags }: DependencyChoice): DependencySpec => ({
      // Of the first few tasks, not all that many are before them.
      ids: back
        .filter((steps) => steps < this.submitted || steps > this.submitted + 10)
        .map((steps) => this.name(steps)),
      ...flags,
    })
    const id = this.name(0)
    const places = { after: after.map(dependencyOf), follow: follow.map(dependencyOf), targets }
    return { id, client, body: `body of ${id}`, ...this.sizes(), ...places, ...limits }
  }

  /** Some tasks have a function in common with others. */
  private sizes(): Pick<TaskSpec, 'bodyBytes' | 'shared'> {
    return { bodyBytes: this.submitted % 3, shared: functions[this.submitted % 4] }
  }
}

const functions = [{ bytes: 4 }, { bytes: 7 }]

function nth<T>(from: readonly T[], n: number): T | undefined {
  return from[n % Math.max(1, from.length)]
}

/** An engine gives back only what it has not begun, and ends as aborted only what it was asked to. */
function isTrue({ begun, asked }: Attempt, outcome: AttemptOutcome): boolean {
  if (outcome === 'recalled') return !begun
  return outcome !== 'aborted' || asked === 'cancel'
}

function isGone({ outcome }: Attempt): boolean {
  return outcome === 'lost'
}

function falsified(
  { engine, id, attempt }: Attempt,
  how: Lateness,
  engines: readonly number[],
): Pick<Attempt, 'engine' | 'id' | 'attempt'> {
  if (how === 'lostEngine') return { engine, id, attempt }
  if (how === 'otherEngine') return { engine: engines.find((other) => other !== engine) ?? engine + 1, id, attempt }
  return { engine, id, attempt: how === 'earlierAttempt' ? attempt - 1 : attempt + 1 }
}
