import type { EngineId } from '../../core/ids.ts'
import { inCircles, isInCircle, type Lacking, stuckAmong } from '../circles.ts'
import { behaviourOf, bindingDependencies, type Dependency, type Fate, type GraphNode } from './graph.ts'

/**
 * How each task of a large graph must end, in time linear in its size where no task names itself or a later one. 'undetermined': that
 * depends on which engines are chosen, or on the order in which others end, or on such a task.
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
  readonly spec: Dependency
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
    for (;;) {
      this.spread((i) => this.endIfUnreachable(i))
      const circular = this.hasForwardReference() ? this.circular() : []
      if (circular.length === 0) break
      for (const i of circular) this.end(i, 'impossible', 'nowhere')
    }
    for (const [i, { node, fate }] of this.all.entries())
      if (fate === undefined && behaviourOf(node).does === 'abort') this.end(i, 'aborted', 'nowhere')
  }

  private run(): void {
    // Whether a circle closes depends on which of the others that its tasks wait for end first.
    for (const i of this.mayBecomeCircular()) this.end(i, 'undetermined', 'nowhere')
    for (const i of this.all.keys()) this.consider(i)
    this.spread((i) => this.consider(i))
  }

  private mayBecomeCircular(): number[] {
    if (!this.hasForwardReference()) return []
    const waiting = [...this.all.keys()].filter((i) => this.at(i).fate === undefined)
    const named = (i: number) =>
      this.at(i).needs.flatMap(({ spec }) => spec.ids.map((id) => this.indexOf.get(id) ?? -1))
    return inCircles(new Map(waiting.map((i) => [i, named(i)])))
  }

  /** Without one there can be no circle. */
  private hasForwardReference(): boolean {
    return this.all.some(({ needs }, i) =>
      needs.some(({ spec }) => spec.ids.some((id) => (this.indexOf.get(id) ?? -1) >= i)),
    )
  }

  private circular(): number[] {
    const waiting = [...this.all.keys()].filter((i) => this.at(i).fate === undefined)
    const lacking: Lacking<number> = (i, suspects) => this.lacking(i, suspects)
    const stuck = stuckAmong(waiting, lacking)
    return [...stuck.keys()].filter((i) => isInCircle(i, stuck, lacking))
  }

  private lacking(i: number, suspects: ReadonlySet<number>): number[] {
    const { needs } = this.at(i)
    const isReleased = needs.every((need) => verdictOf(need) === 'met')
    return needs.flatMap((need) => {
      if (verdictOf(need) !== 'open' && !(isReleased && need.spec.where)) return []
      const named = need.spec.ids.map((id) => this.indexOf.get(id) ?? -1)
      const open = named.filter((other) => other >= 0 && this.at(other).fate === undefined)
      const within = open.filter((other) => suspects.has(other))
      return need.spec.all || within.length === open.length ? within : []
    })
  }

  private spread(look: (i: number) => void): void {
    for (let i = this.changed.pop(); i !== undefined; i = this.changed.pop())
      for (const { owner } of this.at(i).namedBy) look(owner)
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
    if (follow.length === 0) {
      this.endAt(i, targets, { like: i })
      return
    }
    const { place, isExact } = commonPlace(follow)
    if (place === undefined) {
      // Those that are to come may tell more.
      if (isExact) this.end(i, 'impossible', 'nowhere')
      else if (follow.every(({ open }) => open === 0)) this.end(i, 'undetermined', 'nowhere')
    } else if (targets.length === this.engines.length && isIndifferent(node, this.engines)) {
      this.endAt(i, targets, isExact ? place : { like: i })
    } else if (isExact && typeof place === 'object' && 'at' in place) {
      const there = targets.filter((engine) => engine === place.at)
      this.endAt(i, there, place)
    } else this.end(i, 'undetermined', 'nowhere')
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

/** An engine where all are satisfied; exact: there is no other one and will be none. No place, exact: there never is one. */
function commonPlace(follow: readonly Need[]): { readonly place: Place | undefined; readonly isExact: boolean } {
  const sets = follow.map(({ places, spec, open }) => ({
    keys: new Map(places.map((place) => [JSON.stringify(place), place])),
    isFinal: spec.all || open === 0,
    all: spec.all,
  }))
  // Where one engine must have run them all, and it is not known that one has, nothing is known.
  if (sets.some(({ keys, all }) => all && keys.size > 1)) return { place: undefined, isExact: false }
  const common = [...(sets[0]?.keys ?? [])].find(([key]) => sets.every(({ keys }) => keys.has(key)))
  if (common !== undefined)
    return { place: common[1], isExact: sets.some(({ keys, isFinal }) => isFinal && keys.size === 1) }
  return { place: undefined, isExact: sets.every(({ keys, isFinal }) => isFinal && [...keys.values()].every(isAt)) }
}

function isAt(place: Place): boolean {
  return typeof place === 'object' && 'at' in place
}
