import { ConfigurationError } from '../../core/errors.ts'
import type { EngineId } from '../../core/ids.ts'
import { isInCircle, type Lacking, stuckAmong } from '../circles.ts'
import { behaviourOf, bindingDependencies, type Dependency, type Fate, type GraphNode } from './graph.ts'

/** How a node ended, and where it ran last; no place: it never ran. */
export interface Ended {
  readonly fate: Fate
  readonly place: EngineId | undefined
}

/** Where an enumeration begins, and how far it goes. */
export interface EnumerationOptions {
  /** What has ended already, in which case nothing is aborted any more. */
  readonly soFar?: ReadonlyMap<string, Ended>
  /** How many situations are looked at. Default 200,000. */
  readonly situationsMax?: number
}

/**
 * Every way in which each of a few tasks can end, found by playing out all orders and all choices of engines. A task with
 * one fate must end so. Takes time exponential in the number of nodes: for eight or fewer. Throws a `ConfigurationError` beyond `situationsMax`.
 */
export function enumerateFates(
  nodes: readonly GraphNode[],
  engines: number,
  { soFar, situationsMax = 200_000 }: EnumerationOptions = {},
): Map<string, Set<Fate>> {
  const game = new Game(nodes, engines)
  const fates = new Map(nodes.map(({ id }) => [id, new Set<Fate>()]))
  const first = game.begin(soFar)
  const seen = new Set([keyOf(first)])
  const open = [first]
  for (let situation = open.pop(); situation !== undefined; situation = open.pop()) {
    const next = game.moves(situation)
    if (next.length === 0) for (const [i, { id }] of nodes.entries()) record(fates, id, situation[i]?.ended?.fate)
    for (const one of next) {
      const key = keyOf(one)
      if (seen.has(key)) continue
      if (seen.size === situationsMax)
        throw new ConfigurationError(`These ${nodes.length} tasks can go on in more than ${situationsMax} ways.`)
      seen.add(key)
      open.push(one)
    }
  }
  return fates
}

function record(fates: ReadonlyMap<string, Set<Fate>>, id: string, fate: Fate | undefined): void {
  if (fate !== undefined) fates.get(id)?.add(fate)
}

interface Progress {
  readonly ended: Ended | undefined
  readonly errors: number
  readonly refusedBy: readonly EngineId[]
  /** Where its last attempt was. */
  readonly place: EngineId | undefined
}

/** By node. */
type Situation = readonly Progress[]

const untouched: Progress = { ended: undefined, errors: 0, refusedBy: [], place: undefined }

function keyOf(situation: Situation): string {
  const parts = situation.map(({ ended, errors, refusedBy, place }) =>
    ended === undefined ? `${errors},${[...refusedBy].sort()},${place}` : `${ended.fate}@${ended.place}`,
  )
  return parts.join(';')
}

class Game {
  private readonly nodes: readonly GraphNode[]
  private readonly engines: readonly EngineId[]
  private readonly indexOf: ReadonlyMap<string, number>
  private readonly dependencies: readonly (readonly Dependency[])[]

  constructor(nodes: readonly GraphNode[], engines: number) {
    this.nodes = nodes
    this.engines = Array.from({ length: engines }, (_, engine) => engine)
    this.indexOf = new Map(nodes.map(({ id }, i) => [id, i]))
    this.dependencies = nodes.map(bindingDependencies)
  }

  begin(soFar: ReadonlyMap<string, Ended> | undefined): Situation {
    const told = this.nodes.map(({ id }) => ({ ...untouched, ended: soFar?.get(id) }))
    const submitted = this.close(told)
    if (soFar !== undefined) return submitted
    const aborted = submitted.map((progress, i): Progress => {
      const node = this.nodes[i] as GraphNode
      if (progress.ended !== undefined || behaviourOf(node).does !== 'abort') return progress
      return { ...progress, ended: { fate: 'aborted', place: undefined } }
    })
    return this.close(aborted)
  }

  /** All that can happen next: one attempt of one task that may run, and what follows by itself. */
  moves(situation: Situation): Situation[] {
    return situation.flatMap((progress, i) => {
      if (progress.ended !== undefined) return []
      return this.placesNow(situation, i).flatMap((engine) =>
        attempt(this.nodes[i] as GraphNode, progress, engine).map((result) => this.close(situation.with(i, result))),
      )
    })
  }

  /** Ends what can no longer run, until nothing more does. */
  private close(given: Situation): Situation {
    let situation = given
    for (;;) {
      const ended = situation.map((progress, i) => this.endIfHopeless(situation, progress, i))
      if (ended.some((progress, i) => progress !== situation[i])) {
        situation = ended
        continue
      }
      const circle = this.circles(situation)
      if (circle.length === 0) return situation
      situation = situation.map((progress, i) => (circle.includes(i) ? unplaced(progress) : progress))
    }
  }

  private endIfHopeless(situation: Situation, progress: Progress, i: number): Progress {
    if (progress.ended !== undefined) return progress
    if (this.dependencies[i]?.some((one) => this.verdict(situation, one) === 'unreachable')) return unplaced(progress)
    const possible = this.targets(i).filter((engine) => this.couldBe(situation, i, engine))
    if (possible.length === 0) return unplaced(progress)
    if (!possible.every((engine) => progress.refusedBy.includes(engine))) return progress
    return { ...progress, ended: { fate: 'failed', place: progress.place } }
  }

  private circles(situation: Situation): number[] {
    const waiting = [...situation.keys()].filter((i) => situation[i]?.ended === undefined)
    const lacking: Lacking<number> = (i, suspects) => this.lacking(situation, i, suspects)
    const stuck = stuckAmong(waiting, lacking)
    return [...stuck.keys()].filter((i) => isInCircle(i, stuck, lacking))
  }

  private lacking(situation: Situation, i: number, suspects: ReadonlySet<number>): number[] {
    if (this.placesNow(situation, i).length > 0) return []
    const dependencies = this.dependencies[i] ?? []
    const openOf = (one: Dependency) =>
      one.ids.flatMap((id) => (this.standing(situation, one, id) === 'open' ? [this.indexOf.get(id) ?? -1] : []))
    const isReleased = dependencies.every((one) => this.verdict(situation, one) === 'met')
    if (isReleased) {
      const open = dependencies.filter(({ where }) => where).flatMap(openOf)
      return open.every((other) => suspects.has(other)) ? open : []
    }
    return dependencies.flatMap((one) => {
      if (this.verdict(situation, one) !== 'open') return []
      const open = openOf(one)
      const within = open.filter((other) => suspects.has(other))
      return one.all || within.length === open.length ? within : []
    })
  }

  private targets(i: number): readonly EngineId[] {
    const { targets = [] } = this.nodes[i] as GraphNode
    return targets.length === 0 ? this.engines : this.engines.filter((engine) => targets.includes(engine))
  }

  private placesNow(situation: Situation, i: number): EngineId[] {
    if (situation[i]?.ended !== undefined) return []
    const dependencies = this.dependencies[i] ?? []
    if (dependencies.some((one) => this.verdict(situation, one) !== 'met')) return []
    return this.targets(i).filter((engine) => {
      if (situation[i]?.refusedBy.includes(engine)) return false
      return dependencies.every((one) => !one.where || this.places(situation, one).includes(engine))
    })
  }

  private couldBe(situation: Situation, i: number, engine: EngineId): boolean {
    return (this.dependencies[i] ?? []).every((one) => {
      if (!one.where) return true
      const places = this.places(situation, one)
      if (places.includes(engine)) return true
      const isOpen = one.ids.some((id) => this.standing(situation, one, id) === 'open')
      return isOpen && (!one.all || places.length === 0)
    })
  }

  private standing(situation: Situation, one: Dependency, id: string): string {
    const progress = situation[this.indexOf.get(id) ?? -1]
    if (progress === undefined) return 'wrong'
    if (progress.ended === undefined) return 'open'
    const { fate, place } = progress.ended
    const asAsked = fate === 'succeeded' ? one.success : one.failure
    return asAsked && !(one.where && place === undefined) ? 'right' : 'wrong'
  }

  private places(situation: Situation, one: Dependency): EngineId[] {
    return one.ids.flatMap((id) => {
      const place = situation[this.indexOf.get(id) ?? -1]?.ended?.place
      return place !== undefined && this.standing(situation, one, id) === 'right' ? [place] : []
    })
  }

  private verdict(situation: Situation, one: Dependency): 'open' | 'met' | 'unreachable' {
    if (!one.success && !one.failure) return 'unreachable'
    const standings = one.ids.map((id) => this.standing(situation, one, id))
    if (!one.all && standings.includes('right')) return 'met'
    if (one.all && standings.includes('wrong')) return 'unreachable'
    if (one.all && one.where && new Set(this.places(situation, one)).size > 1) return 'unreachable'
    if (standings.includes('open')) return 'open'
    return one.all ? 'met' : 'unreachable'
  }
}

/** A task that failed before ends with that error. */
function unplaced(progress: Progress): Progress {
  const fate = progress.errors > 0 ? 'failed' : 'impossible'
  return { ...progress, ended: { fate, place: progress.place } }
}

/** What may come of one attempt there. */
function attempt(node: GraphNode, progress: Progress, place: EngineId): Progress[] {
  const behaviour = behaviourOf(node)
  const { retries = 0 } = node
  const end = (fate: Fate): Progress => ({ ...progress, place, ended: { fate, place } })
  const failed = (): Progress =>
    progress.errors === retries ? end('failed') : { ...progress, place, errors: progress.errors + 1 }
  if (behaviour.does === 'fail') return [progress.errors < behaviour.times ? failed() : end('succeeded')]
  if (behaviour.does === 'refuse' && behaviour.engines.includes(place))
    return [{ ...progress, place, refusedBy: [...progress.refusedBy, place] }]
  return behaviour.does === 'anything' ? [end('succeeded'), failed()] : [end('succeeded')]
}
