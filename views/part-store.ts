import { StreamedError } from '../core/errors.ts'
import { decodeValue } from '../core/payload.ts'
import type { StreamEnd } from '../core/stream-messages.ts'
import { windowBytes, windowParts } from '../core/stream-window.ts'
import type { TaskNews } from '../core/task-news.ts'

type Parts = Extract<TaskNews, { kind: 'parts' }>

/** A loop over the parts. */
export interface PartReader {
  /** The number of the part that it reads next. */
  readonly position: number
}

/** Who wants what of a generator task. */
export interface PartDemand {
  /** Every part is kept. */
  readonly wantsWhole: boolean
  /** Parts are taken as they come. Otherwise as far as they are read. */
  readonly takesAll: boolean
  readonly readers: readonly PartReader[]
}

/** What is told to the engine: see `Pull`. */
export type TellCredit = (heard: number, upTo: number, again: boolean) => void

/**
 * The parts of a generator task, from their arrival until they are read, or for good where the whole is wanted. It tells
 * the engine how far it may go: at each half window, so that neither side waits.
 */
export class PartStore {
  readonly #demand: PartDemand
  readonly #tell: TellCredit
  /** From number `#first` on; undefined where it has been let go. */
  #kept: unknown[] = []
  #first = 0
  /** Parts below this number have been read and let go. */
  #gone = 0
  /** Sizes of the parts from `#taken` on: those that the engine still counts as unread. */
  #sizes: number[] = []
  #taken = 0
  #takenBytes = 0
  #told = windowParts
  #count: number | undefined

  constructor(demand: PartDemand, tell: TellCredit) {
    this.#demand = demand
    this.#tell = tell
  }

  /** Whether parts were let go, or never came, so that there is no whole any more. */
  get isPartial(): boolean {
    return this.#gone > 0 || this.isCutShort
  }

  /** It has ended, and its last parts have not come. */
  get isCutShort(): boolean {
    return this.#count !== undefined && this.#heard < this.#count
  }

  /** @throws StreamedError where some were let go, or never came */
  whole(): readonly unknown[] {
    if (this.isPartial) throw streamed()
    return this.#kept
  }

  /**
   * Part number `index`; undefined where it is not there yet, or will not be.
   * @throws StreamedError where it was let go
   */
  at(index: number): IteratorYieldResult<unknown> | undefined {
    if (index < this.#gone) throw streamed()
    return index < this.#heard ? { done: false, value: this.#kept[index - this.#first] } : undefined
  }

  /** Whether there are more now. What a further attempt or a new link repeats is passed over. */
  take({ from, values }: Parts): boolean {
    const known = this.#heard - from
    // Sent before the engine learns of a lost link; it will be sent again.
    if (known < 0) return false
    for (const value of values.slice(known)) {
      this.#kept.push(decodeValue(value))
      this.#sizes.push(value.byteLength)
    }
    this.changed(known > 0 || values.length === 0, values.length === 0)
    return values.length > known
  }

  end({ parts, last }: StreamEnd): void {
    if (last && parts > this.#heard) {
      const values = decodeValue(last) as unknown[]
      const known = this.#heard - (parts - values.length)
      if (known >= 0) for (const value of values.slice(known)) this.#kept.push(value)
    }
    this.#count = parts
    this.#sizes = []
    this.changed()
  }

  /** Somebody has read, or wants more or less than before. */
  changed(isAsked = false, again = false): void {
    const { wantsWhole, takesAll, readers } = this.#demand
    // A loop that came too late finds that out at its next step.
    const positions = readers.flatMap(({ position }) => (position < this.#gone ? [] : [position]))
    const read = positions.length === 0 ? this.#gone : Math.min(...positions)
    if (!wantsWhole && read > this.#gone) this.#letGo(read)
    if (this.#count !== undefined) return
    const taken = wantsWhole || takesAll ? this.#heard : read
    if (taken > this.#taken) {
      for (const bytes of this.#sizes.splice(0, taken - this.#taken)) this.#takenBytes += bytes
      this.#taken = taken
    }
    const upTo = Math.max(this.#told, taken + windowParts)
    if (!isAsked && upTo - this.#told < windowParts / 2 && this.#takenBytes < windowBytes / 2) return
    this.#told = upTo
    this.#takenBytes = 0
    this.#tell(this.#heard, upTo, again)
  }

  get #heard(): number {
    return this.#first + this.#kept.length
  }

  /** At once what they hold, and their places by and by. */
  #letGo(position: number): void {
    this.#kept.fill(undefined, this.#gone - this.#first, position - this.#first)
    this.#gone = position
    if (this.#gone - this.#first < Math.min(windowParts, this.#kept.length)) return
    this.#kept.splice(0, this.#gone - this.#first)
    this.#first = this.#gone
  }
}

export function streamed(): StreamedError {
  return new StreamedError(
    'the parts of this result were let go as they were read, or were too many for the controller to keep: await the result, or call get(), before a loop reads it',
  )
}
