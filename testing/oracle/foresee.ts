import type { EngineId } from '../../core/ids.ts'
import {
  behaviourOf,
  bindingDependencies,
  closedCircles,
  type Fate,
  type GraphDependency,
  type GraphNode,
} from './graph.ts'

/**
 * How each task of a large graph must end, in time linear in its size (circles apart, which take longer). 'undetermined': that
 * depends on which engines are chosen, or on such a task.
 */
export function foresee(nodes: readonly GraphNode[], engines: number): Map<string, Fate | 'undetermined'> {
  const prophet = new Prophet(nodes, engines)
  return new Map(nodes.map(({ id }, i) => [id, prophet.fateOf(i)]))
}

/**
 * Where a task ran, as far as that can be known: at one certain engine, where another one (`like`) did, or never. Tasks with
 * equal places ran at one engine; those with unlike ones perhaps.
 */
type Place = { readonly at: EngineId } | { readonly like: number } | 'nowhere'

interface Need {
  readonly owner: number
  readonly spec: GraphDependency & { readonly where: boolean }
  open: number
  right: number
  wrong: number
  readonly places: Place[]
}

interface Foreseen {
  readonly node: GraphNode
  readonly needs: readonly Need[]
  /** Where it is named, each time it is. */
  readonly namedBy: Need[]
  fate: Fate | 'undetermined' | undefined
  place: Place
}

class Prophet {
  private readonly engines: readonly EngineId[]
  private readonly all: readonly Foreseen[]
  private readonly indexOf: ReadonlyMap<string, number>
  private readonly changed: number[] = []

  constructor(nodes: readonly GraphNode[], engines: number) {
    this.engines = Array.from({ length: engines }, (_, engine) => engine)
    this.indexOf = new Map(nodes.map(({ id }, i) => [id, i]))
    this.all = nodes.map((node, owner) => ({
      node,
      needs: bindingDependencies(node).map((spec) => ({ owner, spec, open: 0, right: 0, wrong: 0, places: [] })),
      namedBy: [],
      fate: undefined,
      place: 'nowhere',
    }))
    for (const { needs } of this.all) for (const need of needs) this.subscribe(need)
    this.submit()
    this.run()
  }

  fateOf(i: number): Fate | 'undetermined' {
    return this.at(i).fate ?? 'undetermined'
  }

  private at(i: number): Foreseen {
    return this.all[i] as Foreseen
  }

  private subscribe(need: Need): void {
    for (const id of need.spec.ids) {
      const index = this.indexOf.get(id)
      if (index === undefined) {
        need.wrong += 1
      } else {
        need.open += 1
        this.at(index).namedBy.push(need)
      }
    }
  }

  /** What can never run ends first, then what is aborted; only then do others begin. */
  private submit(): void {
    for (const i of this.all.keys()) this.endIfUnreachable(i)
    this.spread((i) => this.endIfUnreachable(i))
    for (const [i, { node, fate }] of this.all.entries())
      if (fate === undefined && behaviourOf(node).does === 'abort') this.end(i, 'aborted', 'nowhere')
  }

  private run(): void {
    for (const i of this.all.keys()) this.consider(i)
    for (;;) {
      this.spread((i) => this.consider(i))
      const waiting = [...this.all.keys()].filter((i) => this.at(i).fate === undefined)
      const circle = closedCircles(waiting, (i) => this.waitsFor(i))
      if (circle.length === 0) return
      for (const i of circle) this.end(i, 'impossible', 'nowhere')
    }
  }

  private spread(look: (i: number) => void): void {
    for (let i = this.changed.pop(); i !== undefined; i = this.changed.pop())
      for (const { owner } of this.at(i).namedBy) look(owner)
  }

  private waitsFor(i: number): number[] {
    const named = this.at(i).needs.flatMap(({ spec }) => spec.ids.map((id) => this.indexOf.get(id) ?? -1))
    return named.filter((other) => other >= 0 && this.at(other).fate === undefined)
  }

  private end(i: number, fate: Fate | 'undetermined', place: Place): void {
    const foreseen = this.at(i)
    foreseen.fate = fate
    foreseen.place = place
    this.changed.push(i)
    for (const need of foreseen.namedBy) {
      const { success, failure } = need.spec
      need.open -= 1
      if (fate === 'undetermined') continue
      const asAsked = fate === 'succeeded' ? success : failure
      if (!asAsked || (need.spec.where && place === 'nowhere')) {
        need.wrong += 1
      } else {
        need.right += 1
        need.places.push(place)
      }
    }
  }

  private endIfUnreachable(i: number): boolean {
    if (this.at(i).fate !== undefined) return true
    if (!this.at(i).needs.some((need) => verdictOf(need) === 'unreachable')) return false
    this.end(i, 'impossible', 'nowhere')
    return true
  }

  private consider(i: number): void {
    if (this.endIfUnreachable(i)) return
    const { node, needs } = this.at(i)
    const verdicts = needs.map(verdictOf)
    if (verdicts.includes('open')) return
    if (verdicts.includes('unknown')) {
      this.end(i, 'undetermined', 'nowhere')
      return
    }
    const targets = this.targetsOf(node)
    const follow = needs.filter(({ spec }) => spec.where)
    const place = follow.length === 0 ? undefined : commonPlace(follow)
    if (place === 'unknown') {
      // Those that are to come may tell more.
      if (follow.every(({ open }) => open === 0)) this.end(i, 'undetermined', 'nowhere')
    } else if (place === 'nowhere') this.end(i, 'impossible', 'nowhere')
    else if (place === undefined) this.endAt(i, targets, { like: i })
    else if ('at' in place)
      this.endAt(
        i,
        targets.filter((engine) => engine === place.at),
        place,
      )
    else if (targets.length === this.engines.length && isIndifferent(node, this.engines)) this.endAt(i, targets, place)
    else this.end(i, 'undetermined', 'nowhere')
  }

  private targetsOf({ targets = [] }: GraphNode): readonly EngineId[] {
    return targets.length === 0 ? this.engines : this.engines.filter((engine) => targets.includes(engine))
  }

  /** It may run at any of `possible`, which turns out to be `place`. */
  private endAt(i: number, possible: readonly EngineId[], place: Place): void {
    const { node } = this.at(i)
    const behaviour = behaviourOf(node)
    const refusing = behaviour.does === 'refuse' ? behaviour.engines : []
    const taking = possible.filter((engine) => !refusing.includes(engine))
    const [only] = taking.length > 0 ? taking : possible
    if (only === undefined) {
      this.end(i, 'impossible', 'nowhere')
      return
    }
    const where = (taking.length > 0 ? taking : possible).length === 1 ? { at: only } : place
    if (taking.length === 0) this.end(i, 'failed', where)
    else if (behaviour.does === 'anything') this.end(i, 'undetermined', 'nowhere')
    else if (behaviour.does === 'fail' && behaviour.times > (node.retries ?? 0)) this.end(i, 'failed', where)
    else this.end(i, 'succeeded', where)
  }
}

/** At which of the engines it runs makes no difference to how it ends. */
function isIndifferent(node: GraphNode, engines: readonly EngineId[]): boolean {
  const behaviour = behaviourOf(node)
  return behaviour.does !== 'refuse' || !engines.some((engine) => behaviour.engines.includes(engine))
}

/** 'unknown': one that it names may end in one way or another. */
function verdictOf({ spec, open, right, wrong, places }: Need): 'open' | 'met' | 'unreachable' | 'unknown' {
  const { all, success, failure, where, ids } = spec
  if (!success && !failure) return 'unreachable'
  const unknown = ids.length - open - right - wrong
  if (!all) {
    if (right > 0) return 'met'
    if (open > 0) return 'open'
    return unknown > 0 ? 'unknown' : 'unreachable'
  }
  if (wrong > 0) return 'unreachable'
  if (
    where &&
    new Set(places.flatMap((place) => (typeof place === 'object' && 'at' in place ? [place.at] : []))).size > 1
  )
    return 'unreachable'
  if (open > 0) return 'open'
  return unknown > 0 ? 'unknown' : 'met'
}

/** The one engine where all are satisfied; 'nowhere': there is none; 'unknown': that depends. */
function commonPlace(follow: readonly Need[]): Place | 'unknown' {
  const sets = follow.map(({ places, spec, open }) => ({
    keys: new Map(places.map((place) => [JSON.stringify(place), place])),
    isFinal: open === 0 && spec.ids.length > 0,
    all: spec.all,
  }))
  if (sets.some(({ keys, all }) => all && keys.size > 1)) return 'unknown'
  const single = sets.find(({ keys, all, isFinal }) => keys.size === 1 && (all || isFinal))
  const [[key, place] = []] = [...(single?.keys ?? [])]
  if (single === undefined || key === undefined || place === undefined) return 'unknown'
  if (sets.every(({ keys }) => keys.has(key))) return place
  const isCertain = sets.every(({ keys, isFinal }) => isFinal && [...keys.values()].every(isAt))
  return isCertain ? 'nowhere' : 'unknown'
}

function isAt(place: Place): boolean {
  return typeof place === 'object' && 'at' in place
}
