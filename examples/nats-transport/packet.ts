/**
 * What one NATS message holds. All numbers are little-endian:
 *
 *   u32 kind, u32 number, f64 value, then bytes
 */
export const kinds = {
  /** A piece of a block. Number: counts these, from 0. Value: how many bytes of the block follow in others. */
  data: 1,
  /** Value: how many bytes of pieces have come so far. */
  heard: 2,
  /** Nothing follows. */
  goodbye: 3,
  /** Asks a listener for a connection; to be answered at the subject to reply to. */
  knock: 4,
  /** Grants it. The other side's subject is the one to reply to. */
  accept: 5,
  /** There is no such connection, or no more. */
  reset: 6,
  /** Asks for nothing: NATS tells where nobody is there to hear it. */
  probe: 7,
} as const

export const headBytes = 16

export interface Packet {
  /** 0 for what is no packet. */
  readonly kind: number
  readonly number: number
  readonly value: number
  readonly bytes: Uint8Array
}

/** A packet with room for so many bytes. */
export function packet(kind: number, number = 0, value = 0, room = 0): Uint8Array {
  const made = new Uint8Array(headBytes + room)
  const view = new DataView(made.buffer)
  view.setUint32(0, kind, true)
  view.setUint32(4, number, true)
  view.setFloat64(8, value, true)
  return made
}

export function readPacket(data: Uint8Array): Packet {
  if (data.length < headBytes) return { kind: 0, number: 0, value: 0, bytes: data }
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  // Whatever the client library gives, frames are plain arrays.
  const bytes = new Uint8Array(data.buffer, data.byteOffset + headBytes, data.length - headBytes)
  return { kind: view.getUint32(0, true), number: view.getUint32(4, true), value: view.getFloat64(8, true), bytes }
}
