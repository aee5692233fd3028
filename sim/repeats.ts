import type { SimulatedEnd } from './simulated-link.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Message } from './watched-link.ts'

/**
 * What comes more than once though no transport delivers twice: what a peer says again that has come back, and what is still on its way by an
 * earlier link. By their kinds: a task that is submitted again, that its client asks for again or that its engine is sent again; an attempt that
 * began or ended, and is said again to have; a reply to a client that has it; parts of a stream; whatever comes by an earlier link of a peer after something
 * came by a later one.
 */
export const repeatKinds = ['submit', 'watch', 'tasks', 'begun', 'ended', 'replies', 'parts', 'late'] as const
export type RepeatKind = (typeof repeatKinds)[number]

/** Counts what comes again. */
export class Repeats {
  readonly counts = new Map<RepeatKind, number>()
  readonly #seen = new Set<string>()
  readonly #processes = new Map<SimulatedProcess, number>()
  /** By who speaks and who hears, the number of the last link by which something came. */
  readonly #links = new Map<string, number>()

  /** This message comes to this end. */
  arrived({ process, peer }: SimulatedEnd, message: Message | undefined): void {
    const at = this.#numberOf(process)
    const [name = '', link = '0'] = peer.split('#')
    const way = `${name} ${at}`
    const last = this.#links.get(way) ?? 0
    if (Number(link) < last) this.#count('late')
    else this.#links.set(way, Number(link))
    switch (message?.type) {
      case 'submit':
        for (const { id } of message.tasks) this.#note('submit', id)
        return
      case 'ask':
        if (message.ask.kind === 'watch') for (const id of message.ask.tasks) this.#note('watch', `${id} ${name}`)
        return
      case 'tasks':
        for (const { id, attempt } of message.tasks) this.#note('tasks', `${id} ${attempt} ${at}`)
        return
      case 'begun':
        for (const { id, attempt } of message.tasks) this.#note('begun', `${id} ${attempt} ${name}`)
        return
      case 'ended':
        for (const { id, attempt } of message.results) this.#note('ended', `${id} ${attempt} ${name}`)
        return
      case 'replies':
        for (const { id } of message.replies) this.#note('replies', `${id} ${at}`)
        return
      case 'news':
        for (const one of message.news)
          if (one.kind === 'parts')
            one.values.forEach((_, i) => {
              this.#note('parts', `${one.id} ${one.from + i} ${at}`)
            })
    }
  }

  #note(kind: RepeatKind, what: string): void {
    const key = `${kind} ${what}`
    if (this.#seen.has(key)) this.#count(kind)
    else this.#seen.add(key)
  }

  #count(kind: RepeatKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }

  #numberOf(process: SimulatedProcess): number {
    const number = this.#processes.get(process) ?? this.#processes.size
    this.#processes.set(process, number)
    return number
  }
}
