/** What a page's engine and its worker say to each other, beside the frames of their messages. */
import type { Capacity } from '../../core/capacity.ts'
import { encode } from '../../core/codec.ts'
import type { Frame } from '../../core/transport.ts'

export type ToWorker =
  | { readonly type: 'start'; readonly engine: number; readonly capacity: Capacity }
  | { readonly type: 'message'; readonly frames: readonly Frame[] }

export type FromWorker =
  | { readonly type: 'message'; readonly frames: readonly Frame[] }
  /** It ends by itself: browsers tell nobody. */
  | { readonly type: 'closing' }

/** A message as frames that move: each in memory of its own, since of a view all that lies beneath would be copied. */
export function movable(message: object): { readonly frames: Frame[]; readonly transfer: ArrayBuffer[] } {
  const frames = encode(message).map((frame) => new Uint8Array(frame))
  return { frames, transfer: frames.map(({ buffer }) => buffer) }
}
