import { CloneError, MessageTooLargeError } from './errors.ts'
import type { Payload } from './payload.ts'
import { type Connection, transportDefaults } from './transport.ts'
import { isShared } from './value-kinds.ts'

/** What a message holds beside the payloads of one task. */
const roomBytes = 65_536
/** Beside its payloads, a task in a message takes about this much. */
export const entryBytes = 256
/** A larger message would only delay its first task. */
const batchBytesMax = 1_000_000

/** What one link can carry. */
export interface Capacity {
  /** Memory that is shared stays so. */
  readonly shared: boolean
  /** What the payloads of one task may take together. */
  readonly bytesMax: number
  /** A message whose tasks take this much together is full. */
  readonly batchBytesMax: number
}

/** Before there is a link. */
export const noLimit: Capacity = { shared: true, bytesMax: Number.POSITIVE_INFINITY, batchBytesMax }

/** `messageBytesMax`: what the two ends accept. Within a thread there is no limit. */
export function capacityOf(
  { supports: { objects, transfer } }: Connection,
  messageBytesMax: number = transportDefaults.messageBytesMax,
): Capacity {
  const bytesMax = objects ? Number.POSITIVE_INFINITY : messageBytesMax - roomBytes
  return { shared: objects || transfer, bytesMax, batchBytesMax: Math.min(batchBytesMax, bytesMax) }
}

/** Why these payloads of one task, called `what`, cannot take the link; undefined where they can. */
export function unfit(
  capacity: Capacity,
  what: string,
  ...payloads: readonly Payload[]
): CloneError | MessageTooLargeError | undefined {
  if (capacity.shared && capacity.bytesMax === Number.POSITIVE_INFINITY) return undefined
  if (!capacity.shared && payloads.some(holdsShared)) {
    return new CloneError(
      `${what} holds shared memory (a SharedArrayBuffer), which cannot leave its process. Use engines that are threads, or pass a copy.`,
    )
  }
  let bytes = 0
  for (const payload of payloads) bytes += payload.byteLength
  return tooLarge(capacity, what, bytes)
}

/** As `unfit`, of what takes so many bytes. */
export function tooLarge(capacity: Capacity, what: string, bytes: number): MessageTooLargeError | undefined {
  if (bytes <= capacity.bytesMax) return undefined
  const max = capacity.bytesMax + roomBytes
  return new MessageTooLargeError(
    `${what} takes ${bytes} bytes, and the link accepts messages of ${max}. Raise messageBytesMax on both sides, or send less at once.`,
    { details: { bytes, max } },
  )
}

/** The entries in parts that each suit one message, in order. Whatever `bytesOf` says, an entry is in one of them. */
export function* inBatches<Entry>(
  entries: Entry[],
  bytesOf: (entry: Entry) => number,
  { bytesMax, batchBytesMax }: Capacity,
): Generator<Entry[]> {
  let first = 0
  let bytes = 0
  for (let i = 0; i < entries.length; i += 1) {
    const more = bytesOf(entries[i] as Entry)
    const heads = entryBytes * (i + 1 - first)
    if (i > first && (bytes >= batchBytesMax || bytes + more + heads > bytesMax)) {
      yield entries.slice(first, i)
      first = i
      bytes = 0
    }
    bytes += more
  }
  if (first === 0) yield entries
  else yield entries.slice(first)
}

export function holdsShared({ frames }: Payload): boolean {
  return frames.length > 1 && frames.some(({ buffer }) => isShared(buffer))
}
